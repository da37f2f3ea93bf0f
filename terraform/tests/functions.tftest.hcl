# Guards how the functions run: what wakes them, what becomes of an event that fails, who can reach them,
# and that an idle deployment costs nothing.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_pubsub_topic" {
    defaults = {}
  }
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "an_event_whose_function_fails_comes_again" {
  command = plan

  assert {
    condition = {
      for name, f in google_cloudfunctions2_function.function : name => one(f.event_trigger).retry_policy if length(f.event_trigger) > 0
    } == { load = "RETRY_POLICY_RETRY", topten = "RETRY_POLICY_RETRY" }
    error_message = "An event function without a retry policy loses the events it fails on."
  }
}

run "load_wakes_on_objects_of_the_lake_and_topten_on_what_was_loaded" {
  command = plan

  assert {
    condition     = one(google_cloudfunctions2_function.function["load"].event_trigger).event_type == "google.cloud.storage.object.v1.finalized"
    error_message = "load has to wake on finalized objects."
  }
  assert {
    condition     = [for f in one(google_cloudfunctions2_function.function["load"].event_trigger).event_filters : "${f.attribute} ${f.value}"] == ["bucket some-project-spotify-lake"]
    error_message = "load has to wake on the lake, and on no other bucket."
  }
  assert {
    condition     = one(google_cloudfunctions2_function.function["topten"].event_trigger).event_type == "google.cloud.pubsub.topic.v1.messagePublished"
    error_message = "topten has to wake on messages."
  }
  assert {
    condition     = one(google_cloudfunctions2_function.function["topten"].event_trigger).pubsub_topic == google_pubsub_topic.loaded.id
    error_message = "topten has to listen on the topic that load publishes on."
  }
}

run "only_pages_are_reached_from_outside" {
  command = plan

  variables {
    listeners = { me = { time_zone = "Europe/Berlin", public = true } }
  }

  assert {
    condition = { for name, f in google_cloudfunctions2_function.function : name => f.service_config[0].ingress_settings } == {
      ingest             = "ALLOW_INTERNAL_ONLY"
      load               = "ALLOW_INTERNAL_ONLY"
      reconcile          = "ALLOW_INTERNAL_ONLY"
      topten             = "ALLOW_INTERNAL_ONLY"
      features           = "ALLOW_INTERNAL_ONLY"
      dashboard          = "ALLOW_ALL"
      "dashboard-public" = "ALLOW_ALL"
    }
    error_message = "A function that is no page must not be reached from outside."
  }
}

run "nothing_runs_while_nothing_happens" {
  command = plan

  assert {
    condition     = alltrue([for f in google_cloudfunctions2_function.function : f.service_config[0].min_instance_count == 0])
    error_message = "An instance that waits is billed around the clock."
  }
}

run "each_writer_of_tables_and_who_asks_the_providers_runs_once_at_a_time" {
  command = plan

  assert {
    condition = alltrue([for name in ["load", "reconcile", "topten", "features"] :
      google_cloudfunctions2_function.function[name].service_config[0].max_instance_count == 1 &&
      google_cloudfunctions2_function.function[name].service_config[0].max_instance_request_concurrency == 1
    ])
    error_message = "load, reconcile, topten and features are to run once at a time each."
  }
}

run "every_function_outlives_its_own_deadline" {
  command = plan

  assert { # the deadlines stand as `limit` in functions/*/function.go
    condition = alltrue([for name, limit in { ingest = 50, load = 8 * 60, reconcile = 28 * 60, topten = 8 * 60, features = 8 * 60, dashboard = 20 } :
      google_cloudfunctions2_function.function[name].service_config[0].timeout_seconds >= limit + 10
    ])
    error_message = "A function that is killed before its own deadline cannot say what went wrong."
  }
  assert {
    condition     = alltrue([for f in google_cloudfunctions2_function.function : f.service_config[0].timeout_seconds <= (length(f.event_trigger) > 0 ? 540 : 3600)])
    error_message = "The platform gives an event function nine minutes, any other an hour."
  }
}

run "every_function_gets_what_it_reads_and_no_more" {
  command = plan

  variables {
    listeners = {
      me     = { time_zone = "Europe/Berlin" }
      sister = { time_zone = "Asia/Tokyo", public = true }
    }
  }

  assert {
    condition = { for name, f in google_cloudfunctions2_function.function : name => join(" ", sort(keys(f.service_config[0].environment_variables))) } == {
      ingest             = "GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LAKE_BUCKET LISTENERS"
      load               = "DATASET GOOGLE_CLOUD_PROJECT LAKE_BUCKET LOCATION MAX_BYTES_BILLED TOPIC"
      reconcile          = "DATASET GOOGLE_CLOUD_PROJECT LAKE_BUCKET LOCATION MAX_BYTES_BILLED TOPIC"
      topten             = "DATASET GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LISTENERS LOCATION MAX_BYTES_BILLED"
      features           = "DATASET FEATURE_PROVIDERS GOOGLE_CLOUD_PROJECT LAKE_BUCKET LOCATION MAX_BYTES_BILLED"
      dashboard          = "GOMEMLIMIT GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LISTENERS"
      "dashboard-public" = "AUDIENCE GOMEMLIMIT GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LISTENERS"
    }
    error_message = "An environment is not what the function reads."
  }
  assert {
    condition = alltrue([for name in ["ingest", "topten", "dashboard"] :
      google_cloudfunctions2_function.function[name].service_config[0].environment_variables.LISTENERS == "{\"me\":{\"public\":false,\"time_zone\":\"Europe/Berlin\"},\"sister\":{\"public\":true,\"time_zone\":\"Asia/Tokyo\"}}"
    ])
    error_message = "LISTENERS has to be JSON as shared/listener reads it, and to name everybody."
  }
}

run "there_is_memory_for_what_a_function_holds" {
  command = plan

  variables {
    listeners = { me = { time_zone = "Europe/Berlin", public = true } }
  }

  assert {
    condition = alltrue([for name in ["load", "reconcile", "dashboard", "dashboard-public"] :
      google_cloudfunctions2_function.function[name].service_config[0].available_memory == "1Gi"
    ])
    error_message = "Objects are read into memory, and so are listeners' histories."
  }
  assert { # and leaves some for what Go does not count
    condition = alltrue([for name in ["dashboard", "dashboard-public"] :
      google_cloudfunctions2_function.function[name].service_config[0].environment_variables.GOMEMLIMIT == "900MiB"
    ])
    error_message = "Without a limit below the instance's memory, an instance is killed where Go could have freed memory."
  }
}

run "providers_are_those_of_the_code_where_none_are_given" {
  command = plan

  assert {
    condition = strcontains(
      file("${path.module}/../shared/config/config.go"),
      "env:\"FEATURE_PROVIDERS\" envDefault:\"${google_cloudfunctions2_function.function["features"].service_config[0].environment_variables.FEATURE_PROVIDERS}\""
    )
    error_message = "One's own machine and Google Cloud would ask others."
  }
}

run "providers_are_asked_in_the_order_that_was_given" {
  command = plan

  variables {
    feature_providers = ["reccobeats", "spotify"]
  }

  assert {
    condition     = google_cloudfunctions2_function.function["features"].service_config[0].environment_variables.FEATURE_PROVIDERS == "reccobeats,spotify"
    error_message = "The first provider that knows a track is the one that counts."
  }
}

run "without_a_provider_nobody_is_asked" {
  command = plan

  variables {
    feature_providers = []
  }

  assert {
    condition     = google_cloudfunctions2_function.function["features"].service_config[0].environment_variables.FEATURE_PROVIDERS == "none"
    error_message = "An empty variable would stand for the default."
  }
}

run "no_query_is_billed_for_more_than_was_agreed_to" {
  command = plan

  variables {
    maximum_bytes_billed = 1073741824
  }

  assert {
    condition = alltrue([for name in ["load", "reconcile", "topten", "features"] :
      google_cloudfunctions2_function.function[name].service_config[0].environment_variables.MAX_BYTES_BILLED == "1073741824"
    ])
    error_message = "Every function that sends queries has to know what one may cost."
  }
}

run "tables_views_and_grants_come_before_functions" {
  command = plan

  assert {
    condition = alltrue([for needed in ["google_bigquery_table.table", "google_bigquery_table.features", "google_bigquery_table.open_gaps", "google_bigquery_table.load_counts", "time_sleep.grants"] :
      can(regex("(?s)resource \"google_cloudfunctions2_function\".*depends_on = \\[[^]]*${needed},", file("${path.module}/functions.tf")))
    ])
    error_message = "A function that is there before its tables and grants fails on its first event."
  }
}
