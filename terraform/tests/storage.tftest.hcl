# Guards the data: nothing deletes the lake or the tables by mistake, nobody from outside can read a bucket, and the
# tables are as the code expects them.

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

run "no_bucket_can_be_made_public" {
  command = plan

  assert {
    condition = alltrue([for bucket in [google_storage_bucket.lake, google_storage_bucket.uploads, google_storage_bucket.insights, google_storage_bucket.sources] :
      bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access
    ])
    error_message = "A bucket could be opened to everybody, or an object of it."
  }
  assert {
    condition     = toset([for found in flatten([for file in fileset(path.module, "*.tf") : regexall("resource \"google_storage_bucket\" \"([a-z]+)\"", file(file))]) : found]) == toset(["lake", "uploads", "insights", "sources"])
    error_message = "There is a bucket that no run here checks."
  }
}

run "nothing_deletes_from_the_lake" {
  command = plan

  assert {
    condition     = one(google_storage_bucket.lake.versioning).enabled
    error_message = "The lake has to retain every version."
  }
  assert {
    condition     = length(google_storage_bucket.lake.lifecycle_rule) == 0 && length(google_storage_bucket.lake.retention_policy) == 0
    error_message = "No rule may delete from the lake."
  }
  assert {
    condition     = google_storage_bucket.lake.force_destroy == false
    error_message = "A lake with objects must not be destroyed."
  }
}

run "the_lake_and_the_tables_can_be_destroyed_without_protection" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = google_storage_bucket.lake.force_destroy && alltrue([for table in google_bigquery_table.table : !table.deletion_protection])
    error_message = "Without protection, the lake and the tables can be destroyed."
  }
}

run "uploads_are_deleted_after_a_week" {
  command = plan

  assert {
    condition = (
      [for rule in google_storage_bucket.uploads.lifecycle_rule : "${one(rule.action).type} ${one(rule.condition).age}"] == ["Delete 7"] &&
      one(google_storage_bucket.uploads.soft_delete_policy).retention_duration_seconds == 0
    )
    error_message = "A privacy export must not be retained."
  }
}

run "replaced_objects_are_not_retained" {
  command = plan

  assert {
    condition = alltrue([for bucket in [google_storage_bucket.insights, google_storage_bucket.sources] :
      one(bucket.soft_delete_policy).retention_duration_seconds == 0 && length(bucket.versioning) == 0
    ])
    error_message = "Soft delete is billed for objects that are replaced every hour, or at each deployment."
  }
}

run "no_snapshot_is_deleted_by_its_age" {
  command = plan

  assert {
    condition     = length(google_storage_bucket.insights.lifecycle_rule) == 0
    error_message = "The page still reads the snapshot of a listener who plays nothing for a year."
  }
}

run "the_tables_are_protected_from_deletion" {
  command = plan

  assert {
    condition     = alltrue([for table in google_bigquery_table.table : table.deletion_protection]) && !google_bigquery_dataset.insights.delete_contents_on_destroy
    error_message = "A table could be destroyed by mistake."
  }
}

run "there_is_a_table_for_each_schema_with_its_columns" {
  command = plan

  assert {
    condition     = toset([for name in keys(google_bigquery_table.table) : "${name}.json"]) == fileset("${path.module}/../shared/warehouse/schema", "*")
    error_message = "Tables and schema files differ."
  }
  assert {
    condition     = length(setsubtract(["plays", "audio_features", "loads", "listens", "tracks", "top_ten"], keys(google_bigquery_table.table))) == 0
    error_message = "A table that the functions use is missing."
  }
  assert {
    condition     = alltrue([for name, table in google_bigquery_table.table : jsondecode(table.schema) == jsondecode(file("${path.module}/../shared/warehouse/schema/${name}.json"))])
    error_message = "A table's columns are those of its schema file."
  }
}

run "plays_listens_and_loads_are_partitioned_by_month" {
  command = plan

  assert { # as in shared/warehouse/create.go
    condition = {
      for name, table in google_bigquery_table.table : name => join(" ", concat([for p in table.time_partitioning : "${p.type} ${p.field}"], coalesce(table.clustering, [])))
      if length(table.time_partitioning) > 0 || table.clustering != null
    } == { plays = "MONTH played_at listener", listens = "MONTH played_at listener", loads = "MONTH loaded_at" }
    error_message = "An hourly refresh would read and replace the whole history."
  }
}

run "every_view_reads_this_deployment" {
  command = plan

  variables {
    dataset = "history"
  }

  assert {
    condition = toset(keys(merge(google_bigquery_table.view, google_bigquery_table.view_of_views))) == toset([
      "features", "gaps", "listening_history", "load_counts", "open_gaps",
    ])
    error_message = "A view is missing, or is new and not named here."
  }
  assert {
    condition = alltrue([for name, view in merge(google_bigquery_table.view, google_bigquery_table.view_of_views) :
      view.table_id == name && view.dataset_id == "history" && !one(view.view).use_legacy_sql &&
      strcontains(one(view.view).query, "`some-project`.history.") && !strcontains(one(view.view).query, "DATASET_PLACEHOLDER")
    ])
    error_message = "A view does not read the tables beside it."
  }
}

run "everything_is_in_one_region" {
  command = plan

  variables {
    region = "europe-west1"
  }

  assert {
    condition = toset(concat(
      [for bucket in [google_storage_bucket.lake, google_storage_bucket.uploads, google_storage_bucket.insights, google_storage_bucket.sources] : bucket.location],
      [google_bigquery_dataset.insights.location],
      [for f in google_cloudfunctions2_function.function : f.location],
      [for f in google_cloudfunctions2_function.function : one(f.event_trigger).trigger_region if length(f.event_trigger) > 0],
      [for f in google_cloudfunctions2_function.function : f.service_config[0].environment_variables.LOCATION if contains(keys(f.service_config[0].environment_variables), "LOCATION")],
      [for job in google_cloud_scheduler_job.job : job.region],
      [google_artifact_registry_repository.images.location],
      [for secret in concat([google_secret_manager_secret.client], values(google_secret_manager_secret.token)) : one(one(one(secret.replication).user_managed).replicas).location],
    )) == toset(["europe-west1"])
    error_message = "A resource in another region cannot be triggered or loaded, its traffic is billed, or a token leaves the region."
  }
}
