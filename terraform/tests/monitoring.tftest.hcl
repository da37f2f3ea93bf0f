# Guards the measures of each ingest, the objective on them, and the dashboard.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "each_ingest_is_measured_for_its_listener" {
  command = plan

  assert {
    condition = alltrue([for name, metric in google_logging_metric.measure :
      strcontains(metric.filter, "service_name=\"ingest\" AND jsonPayload.${name}_minutes>=0") && metric.value_extractor == "EXTRACT(jsonPayload.${name}_minutes)" &&
      strcontains(file("${path.module}/../functions/ingest/measures.go"), "\"${name}_minutes\", ") &&
      metric.label_extractors == tomap({ listener = "EXTRACT(jsonPayload.listener)" })
    ]) && toset(keys(google_logging_metric.measure)) == toset(["behind", "newest_play"])
    error_message = "A measure reads another field than ingest writes."
  }
  assert { # as the API requires of a distribution
    condition = alltrue([for metric in google_logging_metric.measure :
      one(metric.metric_descriptor).value_type == "DISTRIBUTION" && length(one(one(metric.bucket_options).explicit_buckets).bounds) <= 200 &&
      alltrue([for n, bound in one(one(metric.bucket_options).explicit_buckets).bounds : n == 0 || bound > try(one(one(metric.bucket_options).explicit_buckets).bounds[n - 1], 0)])
    ])
    error_message = "The buckets of a distribution have ascending bounds."
  }
}

run "a_play_is_on_the_page_within_two_hours" {
  command = plan

  assert {
    condition     = google_monitoring_slo.fresh.display_name == "A play is on the page within 2 hours" && google_monitoring_slo.fresh.service == google_monitoring_custom_service.insights.service_id
    error_message = "The objective is another one."
  }
  assert { # 60 minutes are one missed run, and 120 are two
    condition = (
      one(one(one(google_monitoring_slo.fresh.request_based_sli).distribution_cut).range).max == 90 &&
      strcontains(one(one(google_monitoring_slo.fresh.request_based_sli).distribution_cut).distribution_filter, "metric.type=\"logging.googleapis.com/user/${google_logging_metric.measure["behind"].name}\"")
    )
    error_message = "A run is good if the page lacks plays of one run at most."
  }
  assert {
    condition     = contains(one(one(google_logging_metric.measure["behind"].bucket_options).explicit_buckets).bounds, 90)
    error_message = "A limit within a bucket is an estimate."
  }
}

run "the_objective_of_a_slower_schedule_is_two_of_its_runs" {
  command = plan

  variables {
    ingest_schedule = "0 */6 * * *"
  }

  assert {
    condition = (
      google_monitoring_slo.fresh.display_name == "A play is on the page within 12 hours" &&
      one(one(one(google_monitoring_slo.fresh.request_based_sli).distribution_cut).range).max == 540 &&
      contains(one(one(google_logging_metric.measure["behind"].bucket_options).explicit_buckets).bounds, 540)
    )
    error_message = "A play waits for the next run, so the objective has to follow the schedule."
  }
}

run "the_dashboard_shows_every_stage_its_costs_and_its_errors" {
  command = plan

  assert {
    condition = jsondecode(google_monitoring_dashboard.insights.dashboard_json).gridLayout.widgets[*].title == [
      "Ingests", "Loads of plays", "Rankings", "Age of the newest play, in minutes", "The page lacks plays for so many minutes", "Bytes billed by queries of the project", "Errors",
    ]
    error_message = "A chart is missing."
  }
  assert {
    condition = alltrue([for widget in jsondecode(google_monitoring_dashboard.insights.dashboard_json).gridLayout.widgets :
      contains(concat(
        [for metric in merge(google_logging_metric.counter, google_logging_metric.measure) : "logging.googleapis.com/user/${metric.name}"],
        ["bigquery.googleapis.com/query/scanned_bytes_billed", "logging.googleapis.com/log_entry_count"],
      ), regex("^metric\\.type=\"([^\"]+)\"", widget.xyChart.dataSets[0].timeSeriesQuery.timeSeriesFilter.filter)[0])
    ])
    error_message = "A chart shows a metric that does not exist."
  }
  assert {
    condition = alltrue(flatten([for widget in jsondecode(google_monitoring_dashboard.insights.dashboard_json).gridLayout.widgets : [
      for label in widget.xyChart.dataSets[0].timeSeriesQuery.timeSeriesFilter.aggregation.groupByFields : contains(flatten([
        "resource.label.service_name",
        [for metric in merge(google_logging_metric.counter, google_logging_metric.measure) : [for key in keys(metric.label_extractors) : "metric.label.${key}"] if endswith(regex("^metric\\.type=\"([^\"]+)\"", widget.xyChart.dataSets[0].timeSeriesQuery.timeSeriesFilter.filter)[0], "/${metric.name}")],
      ]), label)
    ]]))
    error_message = "A chart is grouped by a label that its metric does not have."
  }
}
