# Guards how the functions run: what triggers them, what happens to an event that fails, who can reach them, and that an
# idle deployment costs nothing.

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

run "a_failed_event_is_delivered_again" {
  command = plan

  assert {
    condition = {
      for name, f in google_cloudfunctions2_function.function : name => one(f.event_trigger).retry_policy if length(f.event_trigger) > 0
    } == { importer = "RETRY_POLICY_RETRY", load = "RETRY_POLICY_RETRY", topten = "RETRY_POLICY_RETRY" }
    error_message = "An event function without a retry policy loses the events it fails on."
  }
}

run "uploads_trigger_importer_objects_of_the_lake_load_and_messages_topten" {
  command = plan

  assert {
    condition = alltrue([for name in ["importer", "load"] :
      one(google_cloudfunctions2_function.function[name].event_trigger).event_type == "google.cloud.storage.object.v1.finalized"
    ])
    error_message = "Finalized objects have to trigger importer and load."
  }
  assert {
    condition = { for name in ["importer", "load"] :
      name => join(", ", [for f in one(google_cloudfunctions2_function.function[name].event_trigger).event_filters : "${f.attribute} ${f.value}"])
    } == { importer = "bucket some-project-spotify-uploads", load = "bucket some-project-spotify-lake" }
    error_message = "Uploads have to trigger importer, and the lake load, and no other bucket."
  }
  assert {
    condition     = one(google_cloudfunctions2_function.function["topten"].event_trigger).event_type == "google.cloud.pubsub.topic.v1.messagePublished"
    error_message = "Messages have to trigger topten."
  }
  assert {
    condition     = one(google_cloudfunctions2_function.function["topten"].event_trigger).pubsub_topic == google_pubsub_topic.loaded.id
    error_message = "The topic that load publishes to has to trigger topten."
  }
}

run "only_pages_are_reachable_from_outside" {
  command = plan

  variables {
    listeners = { me = { time_zone = "Europe/Berlin", public = true } }
  }

  assert {
    condition = { for name, f in google_cloudfunctions2_function.function : name => f.service_config[0].ingress_settings } == {
      ingest             = "ALLOW_INTERNAL_ONLY"
      importer           = "ALLOW_INTERNAL_ONLY"
      load               = "ALLOW_INTERNAL_ONLY"
      reconcile          = "ALLOW_INTERNAL_ONLY"
      topten             = "ALLOW_INTERNAL_ONLY"
      features           = "ALLOW_INTERNAL_ONLY"
      dashboard          = "ALLOW_ALL"
      "dashboard-public" = "ALLOW_ALL"
    }
    error_message = "Only pages may be reachable from outside."
  }
}

run "an_idle_deployment_has_no_instances" {
  command = plan

  assert {
    condition     = alltrue([for f in google_cloudfunctions2_function.function : f.service_config[0].min_instance_count == 0])
    error_message = "A waiting instance is billed all day."
  }
}

run "importer_load_reconcile_topten_and_features_run_one_at_a_time" {
  command = plan

  assert {
    condition = alltrue([for name in ["importer", "load", "reconcile", "topten", "features"] :
      google_cloudfunctions2_function.function[name].service_config[0].max_instance_count == 1 &&
      google_cloudfunctions2_function.function[name].service_config[0].max_instance_request_concurrency == 1
    ])
    error_message = "Two concurrent runs of a function would conflict."
  }
}

run "every_timeout_is_longer_than_the_functions_own_deadline" {
  command = plan

  assert { # the constants `limit` in functions/*/function.go
    condition = alltrue([for name, limit in { ingest = 50, importer = 8 * 60, load = 8 * 60, reconcile = 28 * 60, topten = 8 * 60, features = 8 * 60, dashboard = 20 } :
      google_cloudfunctions2_function.function[name].service_config[0].timeout_seconds >= limit + 10
    ])
    error_message = "A function that is killed before its own deadline cannot report the error."
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
      importer           = "GOMEMLIMIT GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LAKE_BUCKET LISTENERS UPLOADS_BUCKET"
      load               = "DATASET GOOGLE_CLOUD_PROJECT LAKE_BUCKET LOCATION MAX_BYTES_BILLED TOPIC"
      reconcile          = "DATASET GOOGLE_CLOUD_PROJECT LAKE_BUCKET LOCATION MAX_BYTES_BILLED TOPIC"
      topten             = "DATASET GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LISTENERS LOCATION MAX_BYTES_BILLED"
      features           = "DATASET FEATURE_PROVIDERS GOOGLE_CLOUD_PROJECT LAKE_BUCKET LOCATION MAX_BYTES_BILLED"
      dashboard          = "COVERS GOMEMLIMIT GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LISTENERS"
      "dashboard-public" = "AUDIENCE COVERS GOMEMLIMIT GOOGLE_CLOUD_PROJECT INSIGHTS_BUCKET LISTENERS"
    }
    error_message = "An environment differs from the variables that the function reads."
  }
  assert {
    condition = {
      for name in ["UPLOADS_BUCKET", "LAKE_BUCKET", "INSIGHTS_BUCKET"] : name => google_cloudfunctions2_function.function["importer"].service_config[0].environment_variables[name]
    } == { UPLOADS_BUCKET = "some-project-spotify-uploads", LAKE_BUCKET = "some-project-spotify-lake", INSIGHTS_BUCKET = "some-project-spotify-insights" }
    error_message = "A bucket has another purpose."
  }
  assert {
    condition = alltrue([for name in ["ingest", "importer", "topten", "dashboard"] :
      google_cloudfunctions2_function.function[name].service_config[0].environment_variables.LISTENERS == "{\"me\":{\"public\":false,\"time_zone\":\"Europe/Berlin\"},\"sister\":{\"public\":true,\"time_zone\":\"Asia/Tokyo\"}}"
    ])
    error_message = "LISTENERS has to name all listeners, as JSON."
  }
}

run "functions_that_read_whole_objects_have_more_memory" {
  command = plan

  variables {
    listeners = { me = { time_zone = "Europe/Berlin", public = true } }
  }

  assert {
    condition = alltrue([for name in ["importer", "load", "reconcile", "dashboard", "dashboard-public"] :
      google_cloudfunctions2_function.function[name].service_config[0].available_memory == "1Gi"
    ])
    error_message = "importer, load and reconcile have whole objects in memory, and the pages whole histories."
  }
  assert { # below the instance's memory, because Go does not count all of it
    condition = alltrue([for name in ["importer", "dashboard", "dashboard-public"] :
      google_cloudfunctions2_function.function[name].service_config[0].environment_variables.GOMEMLIMIT == "900MiB"
    ])
    error_message = "Without a limit, an instance is killed where Go could have freed memory."
  }
}

run "the_default_providers_are_those_of_the_code" {
  command = plan

  assert {
    condition = strcontains(
      file("${path.module}/../shared/config/config.go"),
      "env:\"FEATURE_PROVIDERS\" envDefault:\"${google_cloudfunctions2_function.function["features"].service_config[0].environment_variables.FEATURE_PROVIDERS}\""
    )
    error_message = "A local run and a deployment would ask different providers."
  }
}

run "providers_are_asked_in_the_given_order" {
  command = plan

  variables {
    feature_providers = ["reccobeats", "spotify"]
  }

  assert {
    condition     = google_cloudfunctions2_function.function["features"].service_config[0].environment_variables.FEATURE_PROVIDERS == "reccobeats,spotify"
    error_message = "The first provider that knows a track is the one that counts."
  }
}

run "an_empty_list_of_providers_disables_features" {
  command = plan

  variables {
    feature_providers = []
  }

  assert {
    condition     = google_cloudfunctions2_function.function["features"].service_config[0].environment_variables.FEATURE_PROVIDERS == "none"
    error_message = "An empty variable would mean the default."
  }
}

run "pages_load_covers" {
  command = plan

  variables {
    listeners = { me = { time_zone = "Europe/Berlin", public = true } }
  }

  assert {
    condition     = alltrue([for name in ["dashboard", "dashboard-public"] : google_cloudfunctions2_function.function[name].service_config[0].environment_variables.COVERS == "true"])
    error_message = "Without the setting, pages have Spotify's covers."
  }
}

run "a_setting_turns_covers_off" {
  command = plan

  variables {
    listeners = { me = { time_zone = "Europe/Berlin", public = true } }
    covers    = false
  }

  assert {
    condition     = alltrue([for name in ["dashboard", "dashboard-public"] : google_cloudfunctions2_function.function[name].service_config[0].environment_variables.COVERS == "false"])
    error_message = "A page without covers would still load them from Spotify's image hosts."
  }
}

run "every_query_has_the_limit_of_billed_bytes" {
  command = plan

  variables {
    maximum_bytes_billed = 1073741824
  }

  assert {
    condition = alltrue([for name in ["load", "reconcile", "topten", "features"] :
      google_cloudfunctions2_function.function[name].service_config[0].environment_variables.MAX_BYTES_BILLED == "1073741824"
    ])
    error_message = "A function that sends queries has no limit of billed bytes."
  }
}

run "tables_views_and_grants_come_before_functions" {
  command = plan

  assert {
    condition = alltrue([for needed in ["google_bigquery_table.table", "google_bigquery_table.view", "google_bigquery_table.view_of_views", "time_sleep.grants"] :
      can(regex("(?s)resource \"google_cloudfunctions2_function\".*depends_on = \\[[^]]*${needed},", file("${path.module}/functions.tf")))
    ])
    error_message = "A function that exists before its tables and grants fails on its first event."
  }
}
