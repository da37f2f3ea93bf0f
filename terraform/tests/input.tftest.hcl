# Guards that bad settings are refused with a message, before anything is created.

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

run "a_projects_name_is_not_a_project_id" {
  command = plan

  variables {
    project = "My Project"
  }

  expect_failures = [var.project]
}

run "a_zone_is_not_a_region" {
  command = plan

  variables {
    region = "us-central1-a"
  }

  expect_failures = [var.region]
}

run "a_multi_region_is_not_a_region" {
  command = plan

  variables {
    region = "EU"
  }

  expect_failures = [var.region]
}

run "a_listeners_id_has_no_capitals" {
  command = plan

  variables {
    listeners = { Me = { time_zone = "UTC" } }
  }

  expect_failures = [var.listeners]
}

run "a_listeners_id_is_not_a_path" {
  command = plan

  variables {
    listeners = { "me/../you" = { time_zone = "UTC" } }
  }

  expect_failures = [var.listeners]
}

run "there_is_at_least_one_listener" {
  command = plan

  variables {
    listeners = {}
  }

  expect_failures = [var.listeners]
}

run "a_time_offset_is_not_a_time_zone" {
  command = plan

  variables {
    listeners = { me = { time_zone = "+02:00" } }
  }

  expect_failures = [var.listeners]
}

run "a_schedules_time_zone_is_checked" {
  command = plan

  variables {
    schedule_time_zone = "berlin"
  }

  expect_failures = [var.schedule_time_zone]
}

run "words_are_not_a_schedule" {
  command = plan

  variables {
    ingest_schedule = "every 1 hours"
  }

  expect_failures = [var.ingest_schedule]
}

run "cron_has_five_fields_of_the_right_numbers" {
  command = plan

  assert {
    condition = [for schedule in [
      "0 * * *", "0 0 * * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 32 * *", "0 0 1 13 *", "0 0 * * 8", "0,,5 * * * *",
      "*/0 * * * *", "5- * * * *", "@hourly", "0 * * * * ", "0  * * * *", "", "a b c d e",
    ] : schedule if can(regex(local.cron, schedule))] == []
    error_message = "An invalid schedule would be accepted."
  }
  assert {
    condition = [for schedule in [
      "0 * * * *", "*/15 * * * *", "0 0-23/2 * * *", "5,35 7 1,15 * *", "0 0 1 jan-mar,12 *", "59 23 31 12 7", "0 9 * * mon-fri", "00 04 01 01 0",
    ] : schedule if !can(regex(local.cron, schedule))] == []
    error_message = "A valid schedule would be refused."
  }
}

run "reconciles_schedule_is_checked_too" {
  command = plan

  variables {
    reconcile_schedule = "daily"
  }

  expect_failures = [var.reconcile_schedule]
}

run "a_buckets_name_has_no_capitals" {
  command = plan

  variables {
    lake_bucket = "My-Lake"
  }

  expect_failures = [var.lake_bucket]
}

run "a_buckets_name_is_long_enough" {
  command = plan

  variables {
    lake_bucket = "ab"
  }

  expect_failures = [var.lake_bucket]
}

run "a_buckets_name_does_not_contain_google" {
  command = plan

  variables {
    lake_bucket = "my-google-lake"
  }

  expect_failures = [var.lake_bucket]
}

run "a_datasets_name_has_no_dashes" {
  command = plan

  variables {
    dataset = "spotify-insights"
  }

  expect_failures = [var.dataset]
}

run "a_limit_below_bigquerys_minimum_is_refused" {
  command = plan

  variables {
    maximum_bytes_billed = 1000
  }

  expect_failures = [var.maximum_bytes_billed]
}

run "a_provider_is_a_name_in_small_letters" {
  command = plan

  variables {
    feature_providers = ["spotify", "ReccoBeats"]
  }

  expect_failures = [var.feature_providers]
}

run "a_provider_is_not_a_list" {
  command = plan

  variables {
    feature_providers = ["spotify,reccobeats"]
  }

  expect_failures = [var.feature_providers]
}

run "a_provider_is_asked_once" {
  command = plan

  variables {
    feature_providers = ["spotify", "reccobeats", "spotify"]
  }

  expect_failures = [var.feature_providers]
}

run "alert_email_is_one_address" {
  command = plan

  variables {
    alert_email = "me at example.com"
  }

  expect_failures = [var.alert_email]
}

run "a_budget_needs_a_billing_account" {
  command = plan

  variables {
    budget = { billing_account = "My Billing Account", amount = 5 }
  }

  expect_failures = [var.budget]
}

run "a_budget_needs_a_whole_amount" {
  command = plan

  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", amount = 0.5 }
  }

  expect_failures = [var.budget]
}

run "an_unknown_region_is_refused" {
  command = plan

  variables {
    region = "us-central9"
  }

  expect_failures = [data.google_cloud_run_locations.here]
}

run "unusual_valid_settings_are_accepted" {
  command = plan

  variables {
    project            = "a-project-of-thirty-letters-30"
    region             = "northamerica-northeast2"
    lake_bucket        = "0_my-lake"
    listeners          = { a = { time_zone = "America/Argentina/Buenos_Aires" }, b-2 = { time_zone = "Etc/GMT+5", public = true } }
    ingest_schedule    = "7,37 0-23/2 */3 jan-mar,12 sun"
    reconcile_schedule = "59 23 31 12 7"
    schedule_time_zone = "UTC"
  }

  assert {
    condition     = google_storage_bucket.lake.name == "0_my-lake"
    error_message = "The lake's bucket does not have the given name."
  }
}

run "an_unknown_project_is_refused" {
  command = plan

  override_data {
    target = data.google_project.this
    values = { number = "" }
  }

  expect_failures = [data.google_project.this]
}
