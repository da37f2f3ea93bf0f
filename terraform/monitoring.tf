# How well the pipeline works: two measures of each ingest, an objective on one of them, and a dashboard.

locals {
  measures = {
    behind = {
      description = "For how many minutes the page has lacked plays, at each ingest: plays of an earlier run, or those since the last successful one."
      buckets     = [for n in range(1, 21) : n * 30 * local.ingest_hours] # the objective's limit is a bound of one
    }
    newest_play = {
      description = "The age in minutes of the newest play, at each ingest."
      buckets     = [for n in range(0, 16) : 15 * pow(2, n)]
    }
  }
}

resource "google_logging_metric" "measure" {
  for_each = local.measures

  name            = "spotify_insights_${each.key}"
  description     = each.value.description
  filter          = "${local.line}=\"ingest\" AND jsonPayload.${each.key}_minutes>=0"
  value_extractor = "EXTRACT(jsonPayload.${each.key}_minutes)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "min"
    labels {
      key        = "listener"
      value_type = "STRING"
    }
  }
  label_extractors = { listener = "EXTRACT(jsonPayload.listener)" }

  bucket_options {
    explicit_buckets {
      bounds = each.value.buckets
    }
  }

  depends_on = [time_sleep.services]
}

# The objective. A play is fetched by the next run. So it is on the page within two runs unless a run finds that the page
# lacks plays of more than one run.
resource "google_monitoring_custom_service" "insights" {
  service_id   = "spotify-insights"
  display_name = "Spotify Insights"

  depends_on = [time_sleep.services]
}

resource "google_monitoring_slo" "fresh" {
  service             = google_monitoring_custom_service.insights.service_id
  slo_id              = "fresh"
  display_name        = "A play is on the page within ${2 * local.ingest_hours} hours"
  goal                = 0.99
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = "metric.type=\"${local.written.behind}\" AND resource.type=\"cloud_run_revision\""
      range {
        max = 90 * local.ingest_hours
      }
    }
  }

  depends_on = [time_sleep.grants] # a metric is not known at once
}

locals {
  written = { for name, metric in merge(google_logging_metric.counter, google_logging_metric.measure) : name => "logging.googleapis.com/user/${metric.name}" }
  on_all  = "resource.type=\"cloud_run_revision\""

  # Each chart: a metric, what of it, by which label, and whether its values are added up or the greatest is taken.
  charts = [
    { title = "Ingests", filter = "metric.type=\"${local.written.ingests}\" AND ${local.on_all}", by = ["metric.label.listener", "metric.label.status"], greatest = false },
    { title = "Loads of plays", filter = "metric.type=\"${local.written.loads}\" AND ${local.on_all}", by = ["metric.label.listener"], greatest = false },
    { title = "Rankings", filter = "metric.type=\"${local.written.rankings}\" AND ${local.on_all}", by = ["metric.label.listener"], greatest = false },
    { title = "Age of the newest play, in minutes", filter = "metric.type=\"${local.written.newest_play}\" AND ${local.on_all}", by = ["metric.label.listener"], greatest = true },
    { title = "The page lacks plays for so many minutes", filter = "metric.type=\"${local.written.behind}\" AND ${local.on_all}", by = ["metric.label.listener"], greatest = true },
    { title = "Bytes billed by queries of the project", filter = "metric.type=\"bigquery.googleapis.com/query/scanned_bytes_billed\" AND resource.type=\"global\"", by = [], greatest = false },
    { title = "Errors", filter = "metric.type=\"logging.googleapis.com/log_entry_count\" AND metric.label.severity=\"ERROR\" AND ${local.on_all}", by = ["resource.label.service_name"], greatest = false },
  ]
}

resource "google_monitoring_dashboard" "insights" {
  dashboard_json = jsonencode({
    displayName = "Spotify Insights"
    gridLayout = {
      columns = "2"
      widgets = [for chart in local.charts : {
        title = chart.title
        xyChart = {
          dataSets = [{
            plotType = chart.greatest ? "LINE" : "STACKED_BAR"
            timeSeriesQuery = {
              timeSeriesFilter = {
                filter = chart.filter
                aggregation = {
                  alignmentPeriod    = "3600s"
                  perSeriesAligner   = "ALIGN_DELTA"
                  crossSeriesReducer = chart.greatest ? "REDUCE_PERCENTILE_99" : "REDUCE_SUM"
                  groupByFields      = chart.by
                }
              }
            }
          }]
        }
      }]
    }
  })

  depends_on = [time_sleep.services]
}
