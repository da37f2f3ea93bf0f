# Two settings for many listeners, and the queue. terraform/README.md says from which number on each is needed.

variable "ingest_queue" {
  description = "One Scheduler job puts all listeners into a queue, instead of a job for each listener: [Scale](#scale)."
  type        = bool
  default     = false
  nullable    = false
}

variable "batch_loading" {
  description = "`reconcile` loads new objects every ten minutes, many in one load job, instead of `load` each object at once: [Scale](#scale)."
  type        = bool
  default     = false
  nullable    = false
}

locals {
  # At most so many ingests run at once. A message that finds no instance is delivered again a little later. Each ingest lists
  # a token's versions, and may change them twice; Secret Manager takes 600 of each a minute.
  queue_instances = 5

  # All variables of a function have 32 KiB together. shared/listener unpacks what is long.
  packed = { for name, listeners in { all = local.shown, public = local.public } :
    name => length(jsonencode(listeners)) > 16000 ? base64gzip(jsonencode(listeners)) : jsonencode(listeners)
  }
}

# Ingest publishes a message for each listener, and gets each as a request of its own. The subscription is not a trigger
# of Eventarc: a function has one trigger, and a second function would have accounts, grants and logs of its own.
resource "google_pubsub_topic" "ingests" {
  count = var.ingest_queue ? 1 : 0

  name = "ingests"

  depends_on = [time_sleep.services]
}

resource "google_pubsub_subscription" "ingests" {
  count = var.ingest_queue ? 1 : 0

  name                       = "ingests"
  topic                      = google_pubsub_topic.ingests[0].id
  ack_deadline_seconds       = local.functions.ingest.timeout + 30 # otherwise a message comes again while its run goes on
  message_retention_duration = "3000s"                             # the next hour's messages ask for the same plays and more

  push_config {
    push_endpoint = "${google_cloudfunctions2_function.function["ingest"].service_config[0].uri}/?message=listener"

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.function["ingest"].service_config[0].uri
    }
  }
  retry_policy { # of a message that found no instance; ingest acknowledges a run that failed
    minimum_backoff = "10s"
    maximum_backoff = "60s"
  }
  expiration_policy {
    ttl = "" # also after a month without a run
  }

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler]
}
