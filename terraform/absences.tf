# Alerts on work that does not happen: counters of log lines, and a condition on the absence of each. A condition
# "A unless B" is empty where A is empty, so none fires before a first success. The conditions are PromQL because only
# PromQL may name a counter that has not counted yet, as on the first apply.
#
# Cloud Monitoring evaluates a counter of log lines over 25 hours at most, offset included; its own metrics have no such
# limit. Such a counter has one number per minute, so sum_over_time adds it up.

locals {
  line = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name"

  counters = {
    ingests = {
      description = "Ingests that Spotify answered. status is written, or unchanged where the lake had the plays already."
      filter      = "${local.line}=\"ingest\" AND jsonPayload.message=\"ingested\""
      labels      = ["listener", "status"]
    }
    # Loads of audio features write the same line with no rows of plays. They do not count, because they would hide that
    # plays are not loaded. A rejected object counts, because another alert reports it.
    loads = {
      description = "Loads of plays that ended, loaded or rejected. A line about a rejected object has no listener."
      filter      = "${local.line}=(\"load\" OR \"reconcile\") AND ((jsonPayload.message=\"loaded\" AND (jsonPayload.plays>0 OR jsonPayload.rejected>0 OR jsonPayload.not_music>0)) OR (severity>=ERROR AND jsonPayload.object=~\"^plays/\"))"
      labels      = ["listener"]
    }
    rankings = {
      description = "Snapshots and documents that topten has written for a listener."
      filter      = "${local.line}=\"topten\" AND jsonPayload.message=\"ranked\""
      labels      = ["listener"]
    }
  }
}

resource "google_logging_metric" "counter" {
  for_each = local.counters

  name        = "spotify_insights_${each.key}"
  description = each.value.description
  filter      = each.value.filter

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }
  label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})" }

  depends_on = [time_sleep.services]
}

locals {
  on_run = "monitored_resource=\"cloud_run_revision\""
  # Of listeners who were removed none raises an alert, unless there are so many that their names are too long for a query.
  ours    = "${local.on_run}, listener=~\"${length(var.listeners) > 100 ? ".+" : join("|", keys(var.listeners))}\""
  counted = { for name, metric in google_logging_metric.counter : name => "logging_googleapis_com:user_${metric.name}" }

  # The most hours between two ingests. "*/N" hours are N; other hours count as daily, weekdays as weekly, and any other
  # days as monthly.
  cron_fields = concat(split(" ", var.ingest_schedule), ["*", "*", "*", "*"]) # a schedule that is not valid has fewer
  ingest_hours = (
    local.cron_fields[2] != "*" || local.cron_fields[3] != "*" ? 31 * 24 :
    local.cron_fields[4] != "*" ? 7 * 24 :
    local.cron_fields[1] == "*" ? 1 :
    try(tonumber(regex("^\\*/([0-9]+)$", local.cron_fields[1])[0]), 24)
  )

  # Two missed runs can be seen in a counter if they and the success before them fit into 25 hours. With a slower
  # schedule there are two alerts instead: on runs that fail (alerts.tf), and on none at all by the platform's own count.
  two_runs    = local.ingest_hours * 2 * 60 + 15
  counted_two = local.two_runs < 25 * 60
  one_run     = local.ingest_hours * 60 + 60
  requests    = "sum(sum_over_time(run_googleapis_com:request_count{${local.on_run}, service_name=\"ingest\"}"

  loader = var.batch_loading ? "reconcile" : "load"

  absences = {
    ingest = {
      title = "No successful ingest for two runs"
      query = join(" ", [
        "sum by (listener) (sum_over_time(${local.counted.ingests}{${local.ours}}[25h])) > 0",
        "unless",
        "sum by (listener) (sum_over_time(${local.counted.ingests}{${local.ours}}[${local.two_runs}m])) > 0",
      ])
      text = <<-TEXT
        This listener's last two ingests have failed or have not run at all. Spotify remembers the last 50 plays: nothing is lost until more are played.

        1. `make doctor PROJECT=${var.project}` shows the result of the last run and what to do next.
        2. "Connect again": `make connect PROJECT=${var.project} LISTENER=...`
        3. Spotify's fault or a rate limit: wait; each run tries again.
        4. No run at all: `gcloud scheduler jobs list --location=${var.region} --project=${var.project}` shows whether the job is paused. `make deploy PROJECT=${var.project}` resumes it.
        5. Then `make trigger PROJECT=${var.project} LISTENER=...` ingests at once.

        The alert closes after an ingest. It also closes 25 hours after the last one, because Cloud Monitoring looks back no further:
        only the page and `make doctor` report the fault from then on.
      TEXT
    }
    silence = {
      title = "No ingest has run when it was due"
      query = "${local.requests}[${local.one_run + 7 * 24 * 60}m])) > 0 unless ${local.requests}[${local.one_run}m])) > 0"
      text  = <<-TEXT
        Nothing has called ingest for ${local.ingest_hours + 1} hours, for any listener. Spotify remembers the last 50 plays: nothing is lost
        until more are played.

        1. `gcloud scheduler jobs list --location=${var.region} --project=${var.project}` shows whether the jobs are paused.
        2. `make deploy PROJECT=${var.project}` resumes or restores a job, and restores the grant to call the function.
        3. Then `make trigger PROJECT=${var.project} LISTENER=...` ingests at once.
      TEXT
    }
    load = { # "loaded" is written by load, or by reconcile where that is the loader
      title = "Objects have been in the lake for three hours and are not loaded"
      # An ingest wrote an API page three hours ago, and no load has ended since.
      query = join(" ", [
        "sum(sum_over_time(${local.counted.ingests}{${local.on_run}, status=\"written\"}[75m] offset 3h)) > 0",
        "unless",
        "sum(sum_over_time(${local.counted.loads}{${local.on_run}}[255m])) > 0",
      ])
      text = <<-TEXT
        Ingest writes to the lake, and nothing of it reaches the tables. Nothing is lost: the plays are in the lake, and reconcile loads them.

        1. `make logs PROJECT=${var.project}` shows what ${local.loader} reports. `make deploy PROJECT=${var.project}` restores a missing grant or table.
        2. ${title(local.loader)} reports nothing: ${var.batch_loading ? "its job is paused. `gcloud scheduler jobs list" : "its trigger is broken. `gcloud eventarc triggers list"} --location=${var.region} --project=${var.project}`, then `make deploy PROJECT=${var.project}`.
        3. Load the objects now: `gcloud scheduler jobs run reconcile --location=${var.region} --project=${var.project}`
      TEXT
    }
    ranking = {
      title = "Plays were loaded three hours ago and are not on the page"
      # Each load of plays changes the watermark in the listener's document, so topten has to write the document again.
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
  for_each = { for name, absence in local.absences : name => absence if name != (local.counted_two ? "silence" : "ingest") }

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
