# The jobs of Cloud Scheduler, and the syntax of a schedule.

variable "ingest_schedule" {
  description = "When every listener's last plays are fetched, as unix cron. Spotify returns the last 50 plays only: runs that are more than an hour apart lose plays more often."
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
  description = "The time zone of the schedules."
  type        = string
  default     = "Etc/UTC"
  nullable    = false

  validation {
    condition     = can(regex(local.time_zone, var.schedule_time_zone))
    error_message = "\"${var.schedule_time_zone}\" is not a time zone: give a name such as Europe/Berlin or Etc/UTC."
  }
}

locals {
  time_zone = "^(UTC|[A-Z][A-Za-z_]*(/[A-Z][A-Za-z0-9_+-]*){1,2})$"

  # The values of the five fields. A field is a list of items. An item is a value, a range or a star; a range or a
  # star may have a step.
  cron_values = [
    "[0-5]?[0-9]",
    "([01]?[0-9]|2[0-3])",
    "(0?[1-9]|[12][0-9]|3[01])",
    "(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "([0-7]|sun|mon|tue|wed|thu|fri|sat)",
  ]
  cron_items = [for value in local.cron_values : "(\\*(/[1-9][0-9]?)?|${value}(-${value}(/[1-9][0-9]?)?)?)"]
  cron       = "^${join(" ", [for item in local.cron_items : "${item}(,${item})*"])}$"

  jobs = merge(
    # An ingest is never retried: two refusals of a token in a row mean that the consent is gone, and two within a
    # minute do not prove that. The next run asks for the same plays and more.
    { for id in var.ingest_queue ? [] : keys(var.listeners) : "ingest-${id}" => {
      function    = "ingest"
      description = "Fetches the last plays of ${id}."
      schedule    = var.ingest_schedule
      query       = "?listener=${id}"
      retries     = 0
    } },
    { for name in var.ingest_queue ? ["ingest"] : [] : name => {
      function    = "ingest"
      description = "Puts all listeners into the queue of ingests."
      schedule    = var.ingest_schedule
      query       = "?listeners=all"
      retries     = 0 # a second message is a second ingest
    } },
    { for name in var.batch_loading ? ["reconcile-recent"] : [] : name => {
      function    = "reconcile"
      description = "Loads the objects that were written within a day."
      schedule    = "5-55/10 * * * *" # between the ingests and the daily run, because one instance does one run at a time
      query       = "?recent=true"
      retries     = 0 # the next run loads what a failed one has left
    } },
    {
      reconcile = {
        function    = "reconcile"
        description = "Loads what the events have missed, and wakes topten."
        schedule    = var.reconcile_schedule
        query       = ""
        retries     = 2
      }
      features = {
        function    = "features"
        description = "Fetches audio features of tracks that have none."
        schedule    = "20 * * * *" # by then the hour's plays are loaded, and their tracks are in the tables
        query       = ""
        retries     = 0 # the next run does what a failed one has left
      }
    },
  )
}

resource "google_cloud_scheduler_job" "job" {
  for_each = local.jobs

  name             = each.key
  region           = var.region
  description      = each.value.description
  schedule         = each.value.schedule
  time_zone        = var.schedule_time_zone
  attempt_deadline = "${local.functions[each.value.function].timeout + 60}s" # longer than the function, to receive its error

  # Without it a plan does not show that a job was paused by hand, and a deploy does not resume it.
  paused = false

  retry_config {
    retry_count          = each.value.retries
    min_backoff_duration = each.value.retries > 0 ? "300s" : null
  }

  http_target {
    http_method = "POST"
    uri         = "${google_cloudfunctions2_function.function[each.value.function].service_config[0].uri}/${each.value.query}"

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.function[each.value.function].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler]
}
