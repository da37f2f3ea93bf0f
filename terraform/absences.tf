# Alerts on what does not happen: counters of log lines, and conditions on their silence. "A unless B" is
# nothing where A is nothing, so that none of them fires before there was a success to miss. They are
# PromQL because only there a policy may name a counter that has not counted yet (on the first apply
# none has), and look back over days.

resource "google_logging_metric" "ingests" {
  name        = "spotify_insights_ingests"
  description = "Ingests that Spotify answered."
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"ingest\" AND jsonPayload.message=\"ingested\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "listener"
      value_type = "STRING"
    }
    labels {
      key         = "status"
      value_type  = "STRING"
      description = "written, or unchanged where the lake had the plays already"
    }
  }
  label_extractors = {
    listener = "EXTRACT(jsonPayload.listener)"
    status   = "EXTRACT(jsonPayload.status)"
  }

  depends_on = [time_sleep.services]
}

# Of plays only: audio features come by the same way, and would hide that plays do not.
resource "google_logging_metric" "loads" {
  name        = "spotify_insights_loads"
  description = "Loads of plays that came to an end: what was loaded, and what was refused, of which another alert tells."
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"load\" OR \"reconcile\") AND ((jsonPayload.message=\"loaded\" AND jsonPayload.kind=\"plays\") OR (severity>=ERROR AND jsonPayload.object=~\"^plays/\"))"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [time_sleep.services]
}

locals {
  counted = { for name, metric in { ingests = google_logging_metric.ingests, loads = google_logging_metric.loads } :
    name => "logging_googleapis_com:user_${metric.name}"
  }
  on_run = "monitored_resource=\"cloud_run_revision\""

  # Hours between two ingests: every one, every so many, else taken for a day.
  hour_field   = try(split(" ", var.ingest_schedule)[1], "*")
  ingest_hours = local.hour_field == "*" ? 1 : try(tonumber(regex("^\\*/([0-9]+)$", local.hour_field)[0]), 24)

  ours = "${local.on_run}, listener=~\"${join("|", keys(var.listeners))}\""

  absences = {
    ingest = {
      title = "No successful ingest for two runs"
      # A success in the past week, and none since two runs and a quarter of an hour ago.
      query = join(" ", [
        "sum by (listener) (increase(${local.counted.ingests}{${local.ours}}[7d])) > 0",
        "unless",
        "sum by (listener) (increase(${local.counted.ingests}{${local.ours}}[${local.ingest_hours * 120 + 15}m])) > 0",
      ])
      text = <<-TEXT
        This listener's last two ingests have failed or have not run at all. Spotify remembers the last 50 plays: nothing is lost
        until more are played.

        1. `make doctor PROJECT=${var.project}` says what the last run said, and the next thing to do.
        2. "Connect again": `make connect PROJECT=${var.project} LISTENER=...`
        3. Spotify's fault or a rate limit: wait; each run tries again.
        4. No run at all: `gcloud scheduler jobs list --location=${var.region} --project=${var.project}` shows whether the job is paused.
        5. Then `make trigger PROJECT=${var.project} LISTENER=...` ingests at once.

        The alert ends by itself after an ingest, or a week after the last one.
      TEXT
    }
    load = {
      title = "Objects have been in the lake for three hours and are not loaded"
      # Something was written three hours ago, within a run and a quarter, and no load has ended since.
      query = join(" ", [
        "sum(increase(${local.counted.ingests}{${local.on_run}, status=\"written\"}[75m] offset 3h)) > 0",
        "unless",
        "sum(increase(${local.counted.loads}{${local.on_run}}[255m])) > 0",
      ])
      text = <<-TEXT
        Ingest writes to the lake, and nothing of it reaches the tables. Nothing is lost: the lake has it, and reconcile loads it.

        1. `make logs PROJECT=${var.project}`: what does load say? A missing grant or a missing table comes back with `make deploy PROJECT=${var.project}`.
        2. It says nothing: its trigger is broken. `gcloud eventarc triggers list --location=${var.region} --project=${var.project}`, then `make deploy`.
        3. Load what is there: `gcloud scheduler jobs run reconcile --location=${var.region} --project=${var.project}`
      TEXT
    }
  }
}

resource "google_monitoring_alert_policy" "absence" {
  for_each = local.absences

  display_name          = each.value.title
  severity              = "ERROR"
  combiner              = "OR"
  notification_channels = local.mail

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = "0s"
      evaluation_interval       = "600s" # a week of data may be asked for every five minutes at most
      disable_metric_validation = true   # there is no counter before its first line
    }
  }
  alert_strategy {
    auto_close = local.week
  }
  documentation {
    subject   = "Spotify Insights: ${each.value.title}"
    mime_type = "text/markdown"
    content   = each.value.text
  }

  depends_on = [time_sleep.services]
}
