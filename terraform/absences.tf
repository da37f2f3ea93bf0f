# Alerts on what does not happen: counters of log lines, and conditions on their absence. "A unless B" is
# empty where A is empty, so none of them fires before there was a first success. They are PromQL because
# only there a policy may name a counter that has not counted yet (on the first apply none has).
#
# Cloud Monitoring evaluates a counter of log lines over 25 hours at most, offset included. Such a counter
# holds one number a minute, so its sum is sum_over_time.

resource "google_logging_metric" "ingests" {
  name        = "spotify_insights_ingests"
  description = "Ingests that Spotify answered."
  filter      = "${local.line}=\"ingest\" AND jsonPayload.message=\"ingested\""

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

# Loads of audio features write the same line with no rows of plays. They do not count: they would hide that
# plays are not loaded. A refused object counts, because another alert reports it.
resource "google_logging_metric" "loads" {
  name        = "spotify_insights_loads"
  description = "Loads of plays that ended: loaded or refused. The listener is known where one object was loaded."
  filter      = "${local.line}=(\"load\" OR \"reconcile\") AND ((jsonPayload.message=\"loaded\" AND (jsonPayload.plays>0 OR jsonPayload.rejected>0 OR jsonPayload.not_music>0)) OR (severity>=ERROR AND jsonPayload.object=~\"^plays/\"))"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "listener"
      value_type = "STRING"
    }
  }
  label_extractors = { listener = "EXTRACT(jsonPayload.listener)" }

  depends_on = [time_sleep.services]
}

resource "google_logging_metric" "rankings" {
  name        = "spotify_insights_rankings"
  description = "Snapshots and documents that topten has written for a listener."
  filter      = "${local.line}=\"topten\" AND jsonPayload.message=\"ranked\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "listener"
      value_type = "STRING"
    }
  }
  label_extractors = { listener = "EXTRACT(jsonPayload.listener)" }

  depends_on = [time_sleep.services]
}

locals {
  line   = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name"
  on_run = "monitored_resource=\"cloud_run_revision\""
  ours   = "${local.on_run}, listener=~\"${join("|", keys(var.listeners))}\""
  counted = { for name, metric in { ingests = google_logging_metric.ingests, loads = google_logging_metric.loads, rankings = google_logging_metric.rankings } :
    name => "logging_googleapis_com:user_${metric.name}"
  }

  # Hours between two ingests: every one, every so many, else taken for a day.
  hour_field   = try(split(" ", var.ingest_schedule)[1], "*")
  ingest_hours = local.hour_field == "*" ? 1 : try(tonumber(regex("^\\*/([0-9]+)$", local.hour_field)[0]), 24)

  # Minutes without an ingest until two runs are missed. Of slow schedules it is one run: a day is all that
  # can be seen, and the success before it has to be seen too.
  ingest_silence = min(local.ingest_hours * 2, 24) * 60 + 15

  absences = {
    ingest = {
      title = "No successful ingest for two runs"
      query = join(" ", [
        "sum by (listener) (sum_over_time(${local.counted.ingests}{${local.ours}}[25h])) > 0",
        "unless",
        "sum by (listener) (sum_over_time(${local.counted.ingests}{${local.ours}}[${local.ingest_silence}m])) > 0",
      ])
      text = <<-TEXT
        This listener's last two ingests have failed or have not run at all. (Where ingests run less than twice a day, it is the
        last one.) Spotify remembers the last 50 plays: nothing is lost until more are played.

        1. `make doctor PROJECT=${var.project}` shows the result of the last run and what to do next.
        2. "Connect again": `make connect PROJECT=${var.project} LISTENER=...`
        3. Spotify's fault or a rate limit: wait; each run tries again.
        4. No run at all: `gcloud scheduler jobs list --location=${var.region} --project=${var.project}` shows whether the job is paused.
        5. Then `make trigger PROJECT=${var.project} LISTENER=...` ingests at once.

        The alert closes after an ingest. It also closes 25 hours after the last one, because Cloud Monitoring looks back no further:
        only the page and `make doctor` report the fault from then on.
      TEXT
    }
    load = {
      title = "Objects have been in the lake for three hours and are not loaded"
      # A page was written three hours ago, within a run and a quarter, and no load has ended since.
      query = join(" ", [
        "sum(sum_over_time(${local.counted.ingests}{${local.on_run}, status=\"written\"}[75m] offset 3h)) > 0",
        "unless",
        "sum(sum_over_time(${local.counted.loads}{${local.on_run}}[255m])) > 0",
      ])
      text = <<-TEXT
        Ingest writes to the lake, and nothing of it reaches the tables. Nothing is lost: the lake has it, and reconcile loads it.

        1. `make logs PROJECT=${var.project}` shows what load reports. `make deploy PROJECT=${var.project}` restores a missing grant or table.
        2. Load reports nothing: its trigger is broken. `gcloud eventarc triggers list --location=${var.region} --project=${var.project}`, then `make deploy PROJECT=${var.project}`.
        3. Load what is there: `gcloud scheduler jobs run reconcile --location=${var.region} --project=${var.project}`
      TEXT
    }
    ranking = {
      title = "Plays were loaded three hours ago and are not on the page"
      # Each load of plays changes what the listener's document says was read, so topten has to write it again.
      query = join(" ", [
        "sum by (listener) (sum_over_time(${local.counted.loads}{${local.ours}}[75m] offset 3h)) > 0",
        "unless",
        "sum by (listener) (sum_over_time(${local.counted.rankings}{${local.ours}}[255m])) > 0",
      ])
      text = <<-TEXT
        This listener's plays are in the tables, and topten has not written a snapshot since. The page shows the last one. Nothing is
        lost: the next run that succeeds brings everything up to date.

        1. `make logs PROJECT=${var.project}` shows what topten reports. `make deploy PROJECT=${var.project}` restores a missing grant, table or view.
        2. A query over its limit of bytes billed: raise `maximum_bytes_billed`, then `make deploy PROJECT=${var.project} SETTINGS=...`.
        3. Topten reports nothing: its trigger is broken. `gcloud eventarc triggers list --location=${var.region} --project=${var.project}`, then `make deploy PROJECT=${var.project}`.
        4. Run it again: `gcloud scheduler jobs run reconcile --location=${var.region} --project=${var.project}`
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
      evaluation_interval       = "600s" # each evaluation is billed by what it reads
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
