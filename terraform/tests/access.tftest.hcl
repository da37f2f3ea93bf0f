# Guards the exact roles of every account on every resource, and that there is no access from outside unless a listener is
# public. The last run fails if a grant is added that no run checks.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "the_grants_on_buckets_are_exactly_these" {
  command = plan

  assert {
    condition = toset([for g in google_storage_bucket_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.bucket} ${g.role}"
      ]) == toset([
      "ingest some-project-spotify-lake roles/storage.objectCreator",
      "ingest some-project-spotify-lake roles/storage.objectViewer",
      "ingest some-project-spotify-insights roles/storage.objectUser",
      "importer some-project-spotify-uploads roles/storage.objectUser",
      "importer some-project-spotify-lake roles/storage.objectCreator",
      "importer some-project-spotify-lake roles/storage.objectViewer",
      "importer some-project-spotify-lake roles/storage.legacyBucketReader",
      "importer some-project-spotify-insights roles/storage.objectUser",
      "importer some-project-spotify-insights roles/storage.legacyBucketReader",
      "load some-project-spotify-lake roles/storage.objectViewer",
      "load some-project-spotify-lake roles/storage.legacyBucketReader",
      "reconcile some-project-spotify-lake roles/storage.objectViewer",
      "reconcile some-project-spotify-lake roles/storage.legacyBucketReader",
      "topten some-project-spotify-insights roles/storage.objectUser",
      "topten some-project-spotify-insights roles/storage.legacyBucketReader",
      "dashboard some-project-spotify-insights roles/storage.objectViewer",
      "features some-project-spotify-lake roles/storage.objectCreator",
      "features some-project-spotify-lake roles/storage.objectViewer",
      "features some-project-spotify-lake roles/storage.legacyBucketReader",
    ])
    error_message = "A grant on a bucket is missing, new or different."
  }
}

run "no_function_can_change_or_delete_objects_of_the_lake" {
  command = plan

  assert {
    condition = alltrue([for g in google_storage_bucket_iam_member.function :
      contains(["roles/storage.objectCreator", "roles/storage.objectViewer", "roles/storage.legacyBucketReader"], g.role) if g.bucket == "some-project-spotify-lake"
    ])
    error_message = "A function can change or delete objects of the lake."
  }
}

run "features_importer_and_topten_reach_their_own_objects_only" {
  command = plan

  assert {
    condition = {
      for key, g in google_storage_bucket_iam_member.function : key => one(g.condition).expression if length(g.condition) > 0
      } == {
      "features lake roles/storage.objectCreator"  = "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-lake/objects/features/\")"
      "features lake roles/storage.objectViewer"   = "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-lake/objects/features/\")"
      "importer lake roles/storage.objectCreator"  = "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-lake/objects/plays/source=export/\")"
      "importer lake roles/storage.objectViewer"   = "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-lake/objects/plays/source=export/\")"
      "importer insights roles/storage.objectUser" = "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-insights/objects/status/import/\")"
      "topten insights roles/storage.objectUser" = join(" || ", [for prefix in ["insights/", "public/", "snapshots/"] :
        "resource.name.startsWith(\"projects/_/buckets/some-project-spotify-insights/objects/${prefix}\")"
      ])
    }
    error_message = "features must not read or write plays, the importer must not write API pages or documents, and topten must not change a listener's status."
  }
  assert {
    condition = (
      can(regex("FeaturesPrefix += \"features/\"", file("${path.module}/../shared/lake/name.go"))) &&
      alltrue([for name in ["PublicPrefix = \"public/\"", "\"insights/listener=%s.json\"", "\"snapshots/listener=%s/\""] :
        strcontains(file("${path.module}/../shared/insights/document.go"), name)
      ]) &&
      strcontains(file("${path.module}/../shared/lake/name.go"), "\"%ssource=%s/listener=%s/%s/%d/\", PlaysPrefix, SourceExport") &&
      can(regex("SourceExport += \"export\"", file("${path.module}/../shared/lake/play.go"))) &&
      strcontains(file("${path.module}/../shared/insights/import.go"), "\"status/import/listener=%s.json\"")
    )
    error_message = "The code has other prefixes than the grants: its requests would be refused."
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
    error_message = "features writes to the lake only: load writes its rows to a table."
  }
  assert {
    condition = [for g in google_secret_manager_secret_iam_member.function :
      "${g.secret_id} ${g.role}" if g.member == google_service_account.function["features"].member
    ] == ["spotify-client roles/secretmanager.secretAccessor"]
    error_message = "features uses the app's own credentials, and no listener's token."
  }
}

run "the_importer_reads_exports_and_nothing_else" {
  command = plan

  assert {
    condition = !anytrue([for g in concat(
      values(google_project_iam_member.function), values(google_bigquery_dataset_iam_member.function), values(google_bigquery_table_iam_member.function),
      values(google_pubsub_topic_iam_member.function), values(google_secret_manager_secret_iam_member.function),
    ) : g.member == google_service_account.function["importer"].member])
    error_message = "The importer opens files that anybody may have made. It needs no table, no topic and no token: load does the rest."
  }
  assert {
    condition = [for g in google_storage_bucket_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.role}" if g.bucket == "some-project-spotify-uploads"
    ] == ["importer roles/storage.objectUser"]
    error_message = "Only the importer may read uploads."
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
    error_message = "A grant on a secret is missing, new or different."
  }
}

run "features_reads_the_apps_secret_only_to_ask_spotify" {
  command = plan

  variables {
    feature_providers = ["reccobeats"]
  }

  assert {
    condition     = !anytrue([for g in google_secret_manager_secret_iam_member.function : g.member == google_service_account.function["features"].member])
    error_message = "features may read a secret that it does not need."
  }
}

run "the_grants_on_the_warehouse_are_exactly_these" {
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
    error_message = "A grant on a table is missing, new or different."
  }
  assert {
    condition = toset([for g in google_bigquery_dataset_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.dataset_id} ${g.role}"
    ]) == toset(["topten spotify_insights roles/bigquery.dataViewer"])
    error_message = "A grant on a dataset is missing, new or different."
  }
}

run "the_grants_on_the_topic_are_exactly_these" {
  command = plan

  assert {
    condition = toset([for g in google_pubsub_topic_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.topic} ${g.role}"
    ]) == toset(["load plays-loaded roles/pubsub.publisher", "reconcile plays-loaded roles/pubsub.publisher"])
    error_message = "A grant on the topic is missing, new or different."
  }
}

run "the_grants_on_the_project_are_those_without_a_narrower_resource" {
  command = plan

  assert {
    condition = toset([for g in google_project_iam_member.function :
      "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.role}"
    ]) == toset([for account in ["load", "reconcile", "topten", "features"] : "${account} roles/bigquery.jobUser"])
    error_message = "A function's role on the whole project is missing, new or different."
  }
  assert {
    condition     = google_project_iam_member.events.role == "roles/eventarc.eventReceiver" && google_project_iam_member.events.member == google_service_account.events.member
    error_message = "The triggers' account may receive events, and nothing else."
  }
}

run "googles_own_agents_keep_their_roles_when_the_deployment_is_destroyed" {
  command = plan

  assert {
    condition     = alltrue([for file in fileset(path.module, "*.tf") : !can(regex("gcp-sa-|gs-project-accounts|storage_project_service_account", file(file)))])
    error_message = "Terraform would remove the role with the deployment, and other triggers of the project need it: deploy.sh grants it."
  }
  assert {
    condition = alltrue([for role in ["roles/eventarc.serviceAgent", "roles/pubsub.publisher"] :
      strcontains(file("${path.module}/commands/requirements.sh"), role) && can(regex("\ngrant_agents\nopen_deployment", file("${path.module}/commands/deploy.sh")))
    ])
    error_message = "Without the agents' roles the first trigger of a project fails."
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
    error_message = "A role of the builder is missing, new or different."
  }
  assert {
    condition     = one(google_project_iam_member.build_sources.condition).expression == "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-123456789012-us-central1\") || resource.name.startsWith(\"projects/_/buckets/gcf-v2-uploads-123456789012-us-central1\")"
    error_message = "The builder must not read any other bucket of the project."
  }
  assert {
    condition = alltrue([for member in [
      google_project_iam_member.build.member, google_project_iam_member.build_sources.member,
      google_artifact_registry_repository_iam_member.build.member, google_storage_bucket_iam_member.build.member,
    ] : member == google_service_account.build.member])
    error_message = "A grant of the builder belongs to another account."
  }
}

run "only_scheduler_and_the_triggers_call_functions" {
  command = plan

  assert {
    condition = (
      toset([for g in google_cloud_run_v2_service_iam_member.scheduler : "${g.name} ${g.role}"]) == toset(["ingest roles/run.invoker", "reconcile roles/run.invoker", "features roles/run.invoker"]) &&
      alltrue([for g in google_cloud_run_v2_service_iam_member.scheduler : g.member == google_service_account.scheduler.member])
    )
    error_message = "Scheduler's account has to be the only one that calls ingest, reconcile and features."
  }
  assert {
    condition = (
      toset([for g in google_cloud_run_v2_service_iam_member.events : "${g.name} ${g.role}"]) == toset(["importer roles/run.invoker", "load roles/run.invoker", "topten roles/run.invoker"]) &&
      alltrue([for g in google_cloud_run_v2_service_iam_member.events : g.member == google_service_account.events.member])
    )
    error_message = "The triggers' account has to be the only one that calls importer, load and topten."
  }
  assert {
    condition = alltrue([for f in google_cloudfunctions2_function.function :
      length(f.event_trigger) == 0 || try(one(f.event_trigger).service_account_email, "") == google_service_account.events.email
    ])
    error_message = "A trigger without its own account runs as the project's default account."
  }
}

run "every_function_has_its_own_account" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC", public = true } }
  }

  assert {
    condition = alltrue([for name, f in google_cloudfunctions2_function.function :
      f.service_config[0].service_account_email == google_service_account.function[name].email && google_service_account.function[name].account_id == "insights-${name}"
    ])
    error_message = "A function runs as another account, or as the project's default account."
  }
}

run "no_page_is_public_without_a_public_listener" {
  command = plan

  assert {
    condition = (
      length(google_cloud_run_v2_service_iam_member.everybody) == 0 &&
      length(google_storage_bucket_iam_member.public_objects) == 0 && length(google_storage_bucket_iam_member.public_names) == 0 &&
      !contains(keys(google_cloudfunctions2_function.function), "dashboard-public")
    )
    error_message = "There is a public page, or its grants, without a public listener."
  }
}

run "the_public_page_is_a_separate_service_with_public_listeners_only" {
  command = plan

  variables {
    listeners = {
      me     = { time_zone = "Europe/Berlin" }
      sister = { time_zone = "Asia/Tokyo", public = true }
    }
  }

  assert {
    condition     = { for g in google_cloud_run_v2_service_iam_member.everybody : g.name => "${g.member} ${g.role}" } == { "dashboard-public" = "allUsers roles/run.invoker" }
    error_message = "Everybody may call the public page, and no other service."
  }
  assert {
    condition = (
      google_cloudfunctions2_function.function["dashboard-public"].service_config[0].environment_variables.LISTENERS == "{\"sister\":{\"public\":true,\"time_zone\":\"Asia/Tokyo\"}}" &&
      google_cloudfunctions2_function.function["dashboard-public"].service_config[0].environment_variables.AUDIENCE == "public"
    )
    error_message = "The public page must not have private listeners, and needs AUDIENCE=public to leave out private figures."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["dashboard-public"].build_config[0].entry_point == "dashboard"
    error_message = "The public page has to run the dashboard's code."
  }
  assert {
    condition     = !contains(keys(google_cloudfunctions2_function.function["dashboard"].service_config[0].environment_variables), "AUDIENCE")
    error_message = "The private page must not leave out private figures."
  }
}

run "the_public_page_can_read_public_objects_only" {
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
    error_message = "The public page needs to read public objects and to list names."
  }
  assert {
    condition     = !anytrue([for g in google_storage_bucket_iam_member.function : g.member == google_service_account.function["dashboard-public"].member])
    error_message = "The public page has no other grant."
  }
}

run "there_are_no_other_grants" {
  command = plan

  assert {
    condition = toset(flatten([for file in fileset(path.module, "*.tf") : regexall("resource \"([a-z0-9_]*_iam_[a-z]+)\" \"([a-z_]+)\"", file(file))])) == toset(flatten([
      ["google_artifact_registry_repository_iam_member", "build"],
      ["google_bigquery_dataset_iam_member", "function"],
      ["google_bigquery_table_iam_member", "function"],
      ["google_cloud_run_v2_service_iam_member", "events", "everybody", "scheduler"],
      ["google_project_iam_member", "build", "build_sources", "events", "function"],
      ["google_pubsub_topic_iam_member", "function"],
      ["google_secret_manager_secret_iam_member", "function"],
      ["google_storage_bucket_iam_member", "build", "function", "public_names", "public_objects"],
    ]))
    error_message = "There is a grant that no run here checks."
  }
}
