# What runs by the clock, and what counts as a schedule.

variable "ingest_schedule" {
  description = "When every listener's last plays are fetched, as unix cron. Spotify remembers 50 plays: less than hourly loses some."
  type        = string
  default     = "0 * * * *"
  nullable    = false

  validation {
    condition     = can(regex(local.cron, lower(var.ingest_schedule)))
    error_message = "\"${var.ingest_schedule}\" is not cron: give five fields, minute (0-59), hour (0-23), day (1-31), month (1-12) and weekday (0-7), such as \"0 * * * *\" for hourly."
  }
}

variable "reconcile_schedule" {
  description = "When the lake is compared with the warehouse, as unix cron."
  type        = string
  default     = "30 4 * * *"
  nullable    = false

  validation {
    condition     = can(regex(local.cron, lower(var.reconcile_schedule)))
    error_message = "\"${var.reconcile_schedule}\" is not cron: give five fields, minute (0-59), hour (0-23), day (1-31), month (1-12) and weekday (0-7), such as \"30 4 * * *\" for daily."
  }
}

variable "schedule_time_zone" {
  description = "The clock by which the schedules run."
  type        = string
  default     = "Etc/UTC"
  nullable    = false

  validation {
    condition     = can(regex(local.time_zone, var.schedule_time_zone))
    error_message = "\"${var.schedule_time_zone}\" is no time zone: give a name such as Europe/Berlin or Etc/UTC."
  }
}

locals {
  time_zone = "^(UTC|[A-Z][A-Za-z_]*(/[A-Z][A-Za-z0-9_+-]*){1,2})$"

  # The values of the five fields. A field is a list of items; an item is one value, a range or a star,
  # these two perhaps with a step.
  cron_values = [
    "[0-5]?[0-9]",
    "([01]?[0-9]|2[0-3])",
    "(0?[1-9]|[12][0-9]|3[01])",
    "(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "([0-7]|sun|mon|tue|wed|thu|fri|sat)",
  ]
  cron_items = [for value in local.cron_values : "(\\*(/[1-9][0-9]?)?|${value}(-${value}(/[1-9][0-9]?)?)?)"]
  cron       = "^${join(" ", [for item in local.cron_items : "${item}(,${item})*"])}$"

  waits = { for name in ["ingest", "reconcile", "features"] : name => "${local.functions[name].timeout + 60}s" }
}

resource "google_cloud_scheduler_job" "ingest" {
  for_each = var.listeners

  name             = "ingest-${each.key}"
  region           = var.region
  description      = "Fetches the last plays of ${each.key}."
  schedule         = var.ingest_schedule
  time_zone        = var.schedule_time_zone
  attempt_deadline = local.waits.ingest # a function that ends at its own limit can still say so

  # Never tried again at once: a token that is refused twice in a row counts as dead, and Spotify has
  # been wrong for a while before. The next run asks for the same plays and more.
  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = "${google_cloudfunctions2_function.function["ingest"].service_config[0].uri}/?listener=${each.key}"

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.function["ingest"].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler]
}

resource "google_cloud_scheduler_job" "reconcile" {
  name             = "reconcile"
  region           = var.region
  description      = "Loads what the events have missed, and wakes topten."
  schedule         = var.reconcile_schedule
  time_zone        = var.schedule_time_zone
  attempt_deadline = local.waits.reconcile

  retry_config {
    retry_count          = 2
    min_backoff_duration = "300s"
  }

  http_target {
    http_method = "POST"
    uri         = "${google_cloudfunctions2_function.function["reconcile"].service_config[0].uri}/"

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.function["reconcile"].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler]
}

resource "google_cloud_scheduler_job" "features" {
  name             = "features"
  region           = var.region
  description      = "Fetches audio features of tracks that have none."
  schedule         = "20 * * * *" # after the hour's ingest was loaded and its tracks are known
  time_zone        = var.schedule_time_zone
  attempt_deadline = local.waits.features

  retry_config { # the next run does what a failed one has left
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = "${google_cloudfunctions2_function.function["features"].service_config[0].uri}/"

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.function["features"].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler]
}
