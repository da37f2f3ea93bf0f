# Guards who may do what: the exact roles of every account, on what, and that nobody from outside comes in
# unasked. The grants' kinds are all that there are: the last run fails if one is added.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_service_account" {
    defaults = {}
  }
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "buckets_are_granted_to_exactly_these" {
  command = plan

  assert {
    condition = toset([for g in google_storage_bucket_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.bucket} ${g.role}"
      ]) == toset([
      "ingest some-project-spotify-lake roles/storage.objectCreator",
      "ingest some-project-spotify-lake roles/storage.objectViewer",
      "ingest some-project-spotify-insights roles/storage.objectUser",
      "load some-project-spotify-lake roles/storage.objectViewer",
      "reconcile some-project-spotify-lake roles/storage.objectViewer",
      "topten some-project-spotify-insights roles/storage.objectUser",
      "topten some-project-spotify-insights roles/storage.legacyBucketReader",
      "dashboard some-project-spotify-insights roles/storage.objectViewer",
      "features some-project-spotify-lake roles/storage.objectCreator",
      "features some-project-spotify-lake roles/storage.objectViewer",
      "features some-project-spotify-lake roles/storage.legacyBucketReader",
    ])
    error_message = "A bucket is granted to somebody else, or otherwise."
  }
}

run "no_function_can_change_or_delete_what_is_in_the_lake" {
  command = plan

  assert {
    condition = alltrue([for g in google_storage_bucket_iam_member.function :
      contains(["roles/storage.objectCreator", "roles/storage.objectViewer", "roles/storage.legacyBucketReader"], g.role) if g.bucket == "some-project-spotify-lake"
    ])
    error_message = "The lake can be read and added to, and no more."
  }
}

run "features_and_topten_reach_their_own_objects_only" {
  command = plan

  assert {
    condition = {
      for key, g in google_storage_bucket_iam_member.function : key => one(g.condition).expression if length(g.condition) > 0
      } == {
      "features lake roles/storage.objectCreator" = "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-lake/objects/features/\")"
      "features lake roles/storage.objectViewer"  = "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-lake/objects/features/\")"
      "topten insights roles/storage.objectUser" = join(" || ", [for prefix in ["insights/", "public/", "snapshots/"] :
        "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-insights/objects/${prefix}\")"
      ])
    }
    error_message = "What talks to strangers must not open or write plays, and topten must not change a listener's status."
  }
  assert {
    condition = (
      can(regex("FeaturesPrefix += \"features/\"", file("${path.module}/../shared/lake/name.go"))) &&
      alltrue([for name in ["PublicPrefix = \"public/\"", "\"insights/listener=%s.json\"", "\"snapshots/listener=%s/\""] :
        strcontains(file("${path.module}/../shared/insights/document.go"), name)
      ])
    )
    error_message = "The code names its objects otherwise than they are granted: it would be refused."
  }
}

run "features_writes_no_table_and_reads_no_listeners_token" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert {
    condition = (
      alltrue([for g in google_bigquery_table_iam_member.function : g.role == "roles/bigquery.dataViewer" if g.member == google_service_account.function["features"].member]) &&
      !anytrue([for g in google_bigquery_dataset_iam_member.function : g.member == google_service_account.function["features"].member])
    )
    error_message = "Features writes to the lake alone: load is what brings it into a table."
  }
  assert {
    condition = [for g in google_secret_manager_secret_iam_member.function :
      "${g.secret_id} ${g.role}" if g.member == google_service_account.function["features"].member
    ] == ["spotify-client roles/secretmanager.secretAccessor"]
    error_message = "Features asks in the app's own name, and for no listener."
  }
}

run "only_ingest_reads_and_writes_tokens" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert {
    condition = toset([for g in google_secret_manager_secret_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.secret_id} ${g.role}"
      ]) == toset([
      "features spotify-client roles/secretmanager.secretAccessor",
      "ingest spotify-client roles/secretmanager.secretAccessor",
      "ingest spotify-token-me roles/secretmanager.secretAccessor",
      "ingest spotify-token-me roles/secretmanager.secretVersionManager",
      "ingest spotify-token-sister roles/secretmanager.secretAccessor",
      "ingest spotify-token-sister roles/secretmanager.secretVersionManager",
    ])
    error_message = "A secret is granted to somebody else, or otherwise."
  }
}

run "features_reads_the_apps_secret_only_to_ask_spotify" {
  command = plan

  variables {
    feature_providers = ["reccobeats"]
  }

  assert {
    condition     = !anytrue([for g in google_secret_manager_secret_iam_member.function : g.member == google_service_account.function["features"].member])
    error_message = "features may read a secret that it has no use for."
  }
}

run "the_warehouse_is_granted_to_exactly_these" {
  command = plan

  assert {
    condition = toset([for g in google_bigquery_table_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.dataset_id}.${g.table_id} ${g.role}"
      ]) == toset([
      "load spotify_insights.plays roles/bigquery.dataEditor",
      "load spotify_insights.audio_features roles/bigquery.dataEditor",
      "load spotify_insights.loads roles/bigquery.dataEditor",
      "reconcile spotify_insights.plays roles/bigquery.dataEditor",
      "reconcile spotify_insights.audio_features roles/bigquery.dataEditor",
      "reconcile spotify_insights.loads roles/bigquery.dataEditor",
      "reconcile spotify_insights.listens roles/bigquery.dataEditor",
      "topten spotify_insights.tracks roles/bigquery.dataEditor",
      "topten spotify_insights.listens roles/bigquery.dataEditor",
      "topten spotify_insights.top_ten roles/bigquery.dataEditor",
      "features spotify_insights.tracks roles/bigquery.dataViewer",
      "features spotify_insights.audio_features roles/bigquery.dataViewer",
    ])
    error_message = "A table is granted to somebody else, or otherwise."
  }
  assert {
    condition = toset([for g in google_bigquery_dataset_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.dataset_id} ${g.role}"
    ]) == toset(["topten spotify_insights roles/bigquery.dataViewer"])
    error_message = "A dataset is granted to somebody else, or otherwise."
  }
}

run "the_topic_is_granted_to_exactly_these" {
  command = plan

  assert {
    condition = toset([for g in google_pubsub_topic_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.topic} ${g.role}"
    ]) == toset(["load plays-loaded roles/pubsub.publisher", "reconcile plays-loaded roles/pubsub.publisher"])
    error_message = "The topic is granted to somebody else, or otherwise."
  }
}

run "the_project_as_a_whole_is_granted_only_what_has_no_narrower_home" {
  command = plan

  assert {
    condition = toset([for g in google_project_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.role}"
    ]) == toset([for account in ["load", "reconcile", "topten", "features"] : "${account} roles/bigquery.jobUser"])
    error_message = "A function has a role on the whole project that it must not have."
  }
  assert {
    condition     = google_project_iam_member.events.role == "roles/eventarc.eventReceiver" && google_project_iam_member.events.member == google_service_account.events.member
    error_message = "The triggers' account only receives events."
  }
  assert {
    condition     = google_project_iam_member.storage_agent.role == "roles/pubsub.publisher" && google_project_iam_member.storage_agent.member == data.google_storage_project_service_account.agent.member
    error_message = "Cloud Storage's agent only publishes what happens in buckets."
  }
  assert {
    condition     = google_project_iam_member.eventarc_agent.role == "roles/eventarc.serviceAgent" && google_project_iam_member.eventarc_agent.member == "serviceAccount:service-123456789012@gcp-sa-eventarc.iam.gserviceaccount.com"
    error_message = "Eventarc's agent has its own role."
  }
}

run "the_builder_reads_sources_and_writes_images" {
  command = plan

  assert {
    condition = (
      google_project_iam_member.build.role == "roles/logging.logWriter" &&
      google_artifact_registry_repository_iam_member.build.role == "roles/artifactregistry.writer" &&
      google_storage_bucket_iam_member.build.role == "roles/storage.objectViewer" && google_storage_bucket_iam_member.build.bucket == "some-project-spotify-sources" &&
      google_project_iam_member.build_sources.role == "roles/storage.objectViewer"
    )
    error_message = "The builder has other roles than it should have."
  }
  assert {
    condition     = one(google_project_iam_member.build_sources.condition).expression == "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-123456789012-us-central1\") || resource.name.startsWith(\"projects/_/buckets/gcf-v2-uploads-123456789012-us-central1\")"
    error_message = "The builder may read no other bucket of the project, the lake least of all."
  }
  assert {
    condition = alltrue([for member in [
      google_project_iam_member.build.member, google_project_iam_member.build_sources.member,
      google_artifact_registry_repository_iam_member.build.member, google_storage_bucket_iam_member.build.member,
    ] : member == google_service_account.build.member])
    error_message = "The builder's grants belong to the builder."
  }
}

run "scheduler_and_events_call_what_is_theirs_and_nobody_else_calls_anything" {
  command = plan

  assert {
    condition = (
      toset([for g in google_cloud_run_v2_service_iam_member.scheduler : "${g.name} ${g.role}"]) == toset(["ingest roles/run.invoker", "reconcile roles/run.invoker", "features roles/run.invoker"]) &&
      alltrue([for g in google_cloud_run_v2_service_iam_member.scheduler : g.member == google_service_account.scheduler.member])
    )
    error_message = "Scheduler's account calls ingest, reconcile and features, and only it does."
  }
  assert {
    condition = (
      toset([for g in google_cloud_run_v2_service_iam_member.events : "${g.name} ${g.role}"]) == toset(["load roles/run.invoker", "topten roles/run.invoker"]) &&
      alltrue([for g in google_cloud_run_v2_service_iam_member.events : g.member == google_service_account.events.member])
    )
    error_message = "The triggers' account calls load and topten, and only it does."
  }
  assert {
    condition = alltrue([for f in google_cloudfunctions2_function.function :
      length(f.event_trigger) == 0 || try(one(f.event_trigger).service_account_email, "") == google_service_account.events.email
    ])
    error_message = "A trigger without an account of its own runs as the project's default one."
  }
}

run "every_function_runs_as_itself" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC", public = true } }
  }

  assert {
    condition = alltrue([for name, f in google_cloudfunctions2_function.function :
      f.service_config[0].service_account_email == google_service_account.function[name].email && google_service_account.function[name].account_id == "insights-${name}"
    ])
    error_message = "A function runs as another, or as the project's default account."
  }
}

run "no_page_is_public_unless_a_listener_asks" {
  command = plan

  assert {
    condition = (
      length(google_cloud_run_v2_service_iam_member.everybody) == 0 &&
      length(google_storage_bucket_iam_member.public_objects) == 0 && length(google_storage_bucket_iam_member.public_names) == 0 &&
      !contains(keys(google_cloudfunctions2_function.function), "dashboard-public")
    )
    error_message = "Nobody has asked for a public page."
  }
}

run "the_public_page_is_a_service_of_its_own_that_knows_public_listeners_only" {
  command = plan

  variables {
    listeners = {
      me     = { time_zone = "Europe/Berlin" }
      sister = { time_zone = "Asia/Tokyo", public = true }
    }
  }

  assert {
    condition     = { for g in google_cloud_run_v2_service_iam_member.everybody : g.name => "${g.member} ${g.role}" } == { "dashboard-public" = "allUsers roles/run.invoker" }
    error_message = "Everybody may see the public page, and no other."
  }
  assert {
    condition = (
      google_cloudfunctions2_function.function["dashboard-public"].service_config[0].environment_variables.LISTENERS == "{\"sister\":{\"public\":true,\"time_zone\":\"Asia/Tokyo\"}}" &&
      google_cloudfunctions2_function.function["dashboard-public"].service_config[0].environment_variables.AUDIENCE == "public"
    )
    error_message = "The public page must not know of listeners who are not public, and has to leave out what is private."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["dashboard-public"].build_config[0].entry_point == "dashboard"
    error_message = "The public page is the dashboard's code."
  }
  assert {
    condition     = !contains(keys(google_cloudfunctions2_function.function["dashboard"].service_config[0].environment_variables), "AUDIENCE")
    error_message = "The private page shows all, and to nobody from outside."
  }
}

run "the_public_page_can_read_what_is_public_and_nothing_else" {
  command = plan

  variables {
    listeners = {
      me      = { time_zone = "Europe/Berlin" }
      sister  = { time_zone = "Asia/Tokyo", public = true }
      brother = { time_zone = "Asia/Tokyo", public = true }
    }
  }

  assert {
    condition     = one(google_storage_bucket_iam_member.public_objects["dashboard-public"].condition).expression == "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-insights/objects/public/\")"
    error_message = "The public page must be able to read no other object."
  }
  assert {
    condition = (
      google_storage_bucket_iam_member.public_objects["dashboard-public"].role == "roles/storage.objectViewer" &&
      google_storage_bucket_iam_member.public_names["dashboard-public"].role == "roles/storage.legacyBucketReader" &&
      google_storage_bucket_iam_member.public_objects["dashboard-public"].member == google_service_account.function["dashboard-public"].member &&
      google_storage_bucket_iam_member.public_names["dashboard-public"].member == google_service_account.function["dashboard-public"].member
    )
    error_message = "The public page reads public objects and lists names."
  }
  assert {
    condition     = !anytrue([for g in google_storage_bucket_iam_member.function : g.member == google_service_account.function["dashboard-public"].member])
    error_message = "The public page has no other grant."
  }
}

run "there_are_no_grants_but_those_above" {
  command = plan

  assert {
    condition = toset(flatten([for file in fileset(path.module, "*.tf") : regexall("resource \"([a-z0-9_]*_iam_[a-z]+)\" \"([a-z_]+)\"", file(file))])) == toset(flatten([
      ["google_artifact_registry_repository_iam_member", "build"],
      ["google_bigquery_dataset_iam_member", "function"],
      ["google_bigquery_table_iam_member", "function"],
      ["google_cloud_run_v2_service_iam_member", "events", "everybody", "scheduler"],
      ["google_project_iam_member", "build", "build_sources", "eventarc_agent", "events", "function", "storage_agent"],
      ["google_pubsub_topic_iam_member", "function"],
      ["google_secret_manager_secret_iam_member", "function"],
      ["google_storage_bucket_iam_member", "build", "function", "public_names", "public_objects"],
    ]))
    error_message = "There is a grant that no run here looks at."
  }
}
