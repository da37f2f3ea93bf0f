# Alerts on log lines that need a person, each with what to do. None fires before a listener has connected: the alerts
# of absences.tf wait for a first success, and the functions write these lines for connected listeners only.

variable "alert_email" {
  description = "The address that alerts are mailed to, such as `\"me@example.com\"`. Without it, alerts appear in the console only."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null ? true : can(regex("^[^@ ]+@[^@ ]+\\.[^@ .]+$", var.alert_email))
    error_message = "alert_email is one mail address, such as me@example.com."
  }
}

resource "google_monitoring_notification_channel" "mail" {
  count = var.alert_email == null ? 0 : 1

  display_name = "Spotify Insights"
  type         = "email"
  labels       = { email_address = var.alert_email }

  depends_on = [time_sleep.services]
}

locals {
  mail = google_monitoring_notification_channel.mail[*].name
  day  = "86400s"
  week = "604800s"

  # Lines of which one is enough for an alert. A filter matches fields rather than messages where it can.
  lines = {
    consent = {
      title    = "Spotify's consent ends soon, or has ended"
      severity = "WARNING"
      filter   = "resource.labels.service_name=\"ingest\" AND (jsonPayload.token_age_days>=150 OR jsonPayload.consent_lost=true)"
      labels   = { listener = "EXTRACT(jsonPayload.listener)" }
      text     = <<-TEXT
        Spotify ends every consent six months after it was given, however often it is used. This listener's is 150 days old or
        more, so it ends within about a month or has ended; or Spotify has refused it in two runs in a row. Once the consent has
        ended, no new plays are fetched, and those beyond the last 50 are lost until it is renewed. The page says which it is.

        Connect again: `make connect PROJECT=${var.project} LISTENER=$${log.extracted_label.listener}`
      TEXT
    }
    failing = { # of a schedule that no counter can follow
      title    = "Two ingests in a row have failed"
      severity = "ERROR"
      filter   = "resource.labels.service_name=\"ingest\" AND jsonPayload.failures>=2 AND jsonPayload.behind_minutes>=0" # the last field is there after a first success
      labels   = { listener = "EXTRACT(jsonPayload.listener)" }
      text     = <<-TEXT
        This listener's last two ingests have failed. Spotify remembers the last 50 plays: nothing is lost until more are played.

        1. `make doctor PROJECT=${var.project}` shows the result of the last run and what to do next.
        2. "Connect again": `make connect PROJECT=${var.project} LISTENER=$${log.extracted_label.listener}`
        3. Spotify's fault or a rate limit: wait, or try again with `make trigger PROJECT=${var.project} LISTENER=$${log.extracted_label.listener}`
      TEXT
    }
    rejected = {
      title    = "An object of the lake cannot be loaded"
      severity = "ERROR"
      filter   = "resource.labels.service_name=(\"load\" OR \"reconcile\") AND severity>=ERROR AND jsonPayload.object:*"
      labels   = {} # a label for the object would send a mail for each object
      text     = <<-TEXT
        An object of gs://${local.buckets.lake} has a permanent error, or could not be loaded for two hours. It stays in the lake;
        its plays or audio features are missing from the tables. The line's `error` says why, and its `action` what to do:
        `make logs PROJECT=${var.project}`

        The objects: `SELECT object, error FROM ${var.dataset}.loads WHERE error IS NOT NULL`. Once an object can be loaded,
        delete its row there, and reconcile loads it: `gcloud scheduler jobs run reconcile --location=${var.region} --project=${var.project}`
      TEXT
    }
    import = {
      title    = "An export could not be imported"
      severity = "ERROR"
      filter   = "resource.labels.service_name=\"importer\" AND severity>=ERROR AND jsonPayload.error:*"
      labels   = {}
      text     = <<-TEXT
        An export that was uploaded to gs://${local.buckets.uploads} cannot be read, or could not be imported for two hours. Nothing
        that was there before is lost. The line's `error` says why, and its `action` what to do; the page and
        `make doctor PROJECT=${var.project}` show both.

        1. It is not the extended streaming history: ask Spotify for that at https://www.spotify.com/account/privacy. It takes up to 30 days.
        2. The file is damaged, or has a password: take the zip as Spotify sent it.
        3. A fault of the deployment: `make logs PROJECT=${var.project}`. `make deploy PROJECT=${var.project}` restores a missing grant.
        4. Then upload again: `make import PROJECT=${var.project} LISTENER=... FILE=...`. Parts that were imported are not imported twice.
      TEXT
    }
    gap = {
      title    = "Plays may have been missed between two ingests"
      severity = "WARNING"
      filter   = "resource.labels.service_name=\"topten\" AND jsonPayload.message=\"gap found\""
      labels   = { listener = "EXTRACT(jsonPayload.listener)" }
      text     = <<-TEXT
        There may have been more than 50 plays between two ingests of this listener. Spotify returns the last 50 plays only, so
        older ones may be missing. The line's `after` and `before` say when: `make logs PROJECT=${var.project}`

        They are in the listener's extended streaming history: ask Spotify for it at https://www.spotify.com/account/privacy.
        It takes up to 30 days. Then import it: `make import PROJECT=${var.project} LISTENER=$${log.extracted_label.listener} FILE=...`
        If ingests were failing at that time, fix that first: `make doctor PROJECT=${var.project}`. If not, run them more often:
        `ingest_schedule`.
      TEXT
    }
  }
}

resource "google_monitoring_alert_policy" "line" {
  for_each = { for name, line in local.lines : name => line if name != "failing" || !local.counted_two }

  display_name          = each.value.title
  severity              = each.value.severity
  combiner              = "OR"
  notification_channels = local.mail

  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter           = "resource.type=\"cloud_run_revision\" AND ${each.value.filter}"
      label_extractors = each.value.labels
    }
  }
  alert_strategy {
    auto_close = local.week
    notification_rate_limit {
      period = local.day # an hourly line sends one mail a day
    }
  }
  documentation {
    subject   = "Spotify Insights: ${each.value.title}"
    mime_type = "text/markdown"
    content   = each.value.text
  }

  depends_on = [time_sleep.services]
}
