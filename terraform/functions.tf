# The functions. A new function is an entry here, and its grants in grants.tf.
#
#   on           what triggers it: "schedule", a key of local.events, or "people"
#   environment  the variables that it reads, and no others (functions/README.md has the table)
#   timeout      in seconds, a little over the deadline that it sets itself
#   instances    at most; 1 where two concurrent runs would conflict
#   requests     at most at a time in one instance

locals {
  shown = { for id, l in var.listeners : id => { time_zone = l.time_zone, public = l.public } }

  base = { # logs and clients need it
    GOOGLE_CLOUD_PROJECT = var.project
  }
  warehouse = merge(local.base, {
    DATASET          = google_bigquery_dataset.insights.dataset_id
    LOCATION         = var.region
    MAX_BYTES_BILLED = tostring(var.maximum_bytes_billed)
  })

  # The private and the public page have this in common.
  page = {
    source    = "dashboard"
    on        = "people"
    memory    = "1Gi" # it holds the histories of listeners
    cpu       = "1"   # with less than a whole CPU an instance serves one request at a time
    timeout   = 600   # a page has 20 seconds, and the download of a whole history goes on as long as its receiver takes it
    instances = 2
    requests  = 40
  }
  page_environment = merge(local.base, {
    INSIGHTS_BUCKET = google_storage_bucket.insights.name
    GOMEMLIMIT      = "900MiB" # Go frees memory before the instance runs out of it
    COVERS          = tostring(var.covers)
  })

  functions = merge({
    ingest = {
      source    = "ingest"
      on        = "schedule"
      memory    = "256Mi"
      cpu       = null
      timeout   = 90 # its own 50 seconds, and the time to store a token and its status after them
      instances = var.ingest_queue ? local.queue_instances : length(var.listeners) + 1
      requests  = 1
      environment = merge(local.base, {
        LAKE_BUCKET     = google_storage_bucket.lake.name
        INSIGHTS_BUCKET = google_storage_bucket.insights.name
        LISTENERS       = local.packed.all
      }, { for topic in google_pubsub_topic.ingests : "INGEST_TOPIC" => topic.name })
    }
    importer = {
      source    = "importer"
      on        = "uploads"
      memory    = "1Gi" # it holds blocks of an upload and some objects of 50,000 rows, whatever the size of the upload
      cpu       = "1"   # with this memory the default is about half a CPU, and a large export has to fit into one run
      timeout   = 540
      instances = 1 # a second run of one upload would do the same work again
      requests  = 1
      environment = merge(local.base, {
        UPLOADS_BUCKET  = google_storage_bucket.uploads.name
        LAKE_BUCKET     = google_storage_bucket.lake.name
        INSIGHTS_BUCKET = google_storage_bucket.insights.name
        LISTENERS       = local.packed.all
        GOMEMLIMIT      = "900MiB"
      })
    }
    reconcile = {
      source    = "reconcile"
      on        = "schedule"
      memory    = var.batch_loading ? "4Gi" : "1Gi" # it holds a batch of objects and their rows, and once a day all names and receipts
      cpu       = var.batch_loading ? "1" : null    # so much memory needs a whole CPU
      timeout   = 1740                              # a minute less than the half hour that Scheduler waits at most
      instances = 1
      requests  = 1
      environment = merge(local.warehouse, {
        LAKE_BUCKET = google_storage_bucket.lake.name
        TOPIC       = google_pubsub_topic.loaded.name
      }, { for name, value in { LISTENERS = local.packed.all, GOMEMLIMIT = "3600MiB" } : name => value if var.batch_loading })
    }
    topten = {
      source    = "topten"
      on        = "loaded"
      memory    = var.batch_loading ? "1Gi" : "256Mi" # it holds what is loaded for every listener and month
      cpu       = var.batch_loading ? "1" : null
      timeout   = 540
      instances = 1 # two runs that change the same months of a table conflict
      requests  = 1
      environment = merge(local.warehouse, {
        INSIGHTS_BUCKET = google_storage_bucket.insights.name
        LISTENERS       = local.packed.all
      })
    }
    features = {
      source    = "features"
      on        = "schedule"
      memory    = "256Mi"
      cpu       = null
      timeout   = 540
      instances = 1 # a second run would ask for the same tracks
      requests  = 1
      environment = merge(local.warehouse, {
        LAKE_BUCKET       = google_storage_bucket.lake.name
        FEATURE_PROVIDERS = coalesce(join(",", var.feature_providers), "none")
      })
    }
    dashboard = merge(local.page, {
      environment = merge(local.page_environment, {
        LISTENERS = local.packed.all
      })
    })
    }, {
    for name in var.batch_loading ? [] : ["load"] : name => {
      source    = "load"
      on        = "lake"
      memory    = "1Gi" # it holds an object and its rows
      cpu       = null
      timeout   = 540
      instances = 1 # BigQuery limits how often a table may change
      requests  = 1
      environment = merge(local.warehouse, {
        LAKE_BUCKET = google_storage_bucket.lake.name
        TOPIC       = google_pubsub_topic.loaded.name
      })
    }
  }, local.public_functions)

  events = {
    lake    = { type = "google.cloud.storage.object.v1.finalized", bucket = google_storage_bucket.lake.name, topic = null }
    uploads = { type = "google.cloud.storage.object.v1.finalized", bucket = google_storage_bucket.uploads.name, topic = null }
    loaded  = { type = "google.cloud.pubsub.topic.v1.messagePublished", bucket = null, topic = google_pubsub_topic.loaded.id }
  }
}

resource "google_cloudfunctions2_function" "function" {
  for_each = local.functions

  name     = each.key
  location = var.region

  build_config {
    runtime               = "go126"
    entry_point           = each.value.source
    docker_repository     = google_artifact_registry_repository.images.id
    service_account       = google_service_account.build.id
    environment_variables = jsondecode(file("${path.module}/stage/build.json")) # a smaller image starts faster

    source {
      storage_source {
        bucket = google_storage_bucket.sources.name
        object = google_storage_bucket_object.source[each.value.source].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    available_memory                 = each.value.memory
    available_cpu                    = each.value.cpu
    timeout_seconds                  = each.value.timeout
    min_instance_count               = 0
    max_instance_count               = each.value.instances
    max_instance_request_concurrency = each.value.requests
    all_traffic_on_latest_revision   = true
    environment_variables            = each.value.environment

    # Scheduler and Eventarc count as internal. invokers.tf grants the calls.
    ingress_settings = each.value.on == "people" ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"
  }

  dynamic "event_trigger" {
    for_each = contains(keys(local.events), each.value.on) ? [local.events[each.value.on]] : []
    content {
      event_type            = event_trigger.value.type
      pubsub_topic          = event_trigger.value.topic
      trigger_region        = var.region
      service_account_email = google_service_account.events.email
      retry_policy          = "RETRY_POLICY_RETRY" # otherwise a failed event is lost

      dynamic "event_filters" {
        for_each = event_trigger.value.bucket == null ? [] : [event_trigger.value.bucket]
        content {
          attribute = "bucket"
          value     = event_filters.value
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = contains(concat(["schedule", "people"], keys(local.events)), each.value.on)
      error_message = "Function ${each.key} has on = \"${each.value.on}\": use schedule, people, or one of ${join(", ", keys(local.events))}."
    }
    precondition {
      condition     = sum([for name, value in each.value.environment : length(name) + length(value)]) <= 32768
      error_message = "The variables of function ${each.key} have more than the 32 KiB that Cloud Run functions take, because there are too many listeners."
    }
  }

  # A function may run as soon as it exists, so its tables, views and grants come first.
  depends_on = [
    google_bigquery_table.table,
    google_bigquery_table.view,
    google_bigquery_table.view_of_views,
    time_sleep.grants,
  ]
}
