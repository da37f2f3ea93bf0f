# Guards the jobs of Cloud Scheduler.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_cloudfunctions2_function" {
    defaults = {}
  }
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "every_listener_is_ingested_hourly_features_are_fetched_hourly_and_the_lake_is_reconciled_daily" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert {
    condition = { for job in google_cloud_scheduler_job.job : job.name => "${job.schedule} ${job.time_zone}" } == {
      ingest-me     = "0 * * * * Etc/UTC"
      ingest-sister = "0 * * * * Etc/UTC"
      reconcile     = "30 4 * * * Etc/UTC"
      features      = "20 * * * * Etc/UTC" # in the hour of an ingest, after its tracks are in the tables
    }
    error_message = "Each listener is ingested hourly, features are fetched hourly and well after the ingest, and the lake is reconciled daily."
  }
  assert {
    condition = { for job in google_cloud_scheduler_job.job : job.name => one(job.http_target).uri } == {
      ingest-me     = "${google_cloudfunctions2_function.function["ingest"].service_config[0].uri}/?listener=me"
      ingest-sister = "${google_cloudfunctions2_function.function["ingest"].service_config[0].uri}/?listener=sister"
      reconcile     = "${google_cloudfunctions2_function.function["reconcile"].service_config[0].uri}/"
      features      = "${google_cloudfunctions2_function.function["features"].service_config[0].uri}/"
    }
    error_message = "A job calls another function, or for another listener."
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.job : one(job.http_target).http_method == "POST"])
    error_message = "The functions accept POST only."
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.job : job.paused == false])
    error_message = "A job that was paused by hand would stay paused, and no plan would show it."
  }
}

run "every_call_has_a_token_for_the_function" {
  command = plan

  assert {
    condition = alltrue([for job in google_cloud_scheduler_job.job :
      one(one(job.http_target).oidc_token).service_account_email == google_service_account.scheduler.email &&
      startswith(one(job.http_target).uri, "${one(one(job.http_target).oidc_token).audience}/")
    ])
    error_message = "Cloud Run refuses a call without a token, or with a token for another service."
  }
}

run "scheduler_waits_longer_than_a_function_runs" {
  command = plan

  assert {
    condition = alltrue([for job, function in { ingest-me = "ingest", reconcile = "reconcile", features = "features" } :
      google_cloud_scheduler_job.job[job].attempt_deadline == "${google_cloudfunctions2_function.function[function].service_config[0].timeout_seconds + 60}s"
    ])
    error_message = "Scheduler would report a call as failed while the function still works."
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.job : tonumber(trimsuffix(job.attempt_deadline, "s")) <= 1800])
    error_message = "Scheduler waits half an hour at most."
  }
}

run "a_refused_token_is_not_confirmed_by_a_retry" {
  command = plan

  assert {
    condition     = one(google_cloud_scheduler_job.job["ingest-me"].retry_config).retry_count == 0
    error_message = "Two refusals in a row mean that the consent is gone. Two within a minute do not prove that."
  }
}

run "schedules_and_their_time_zone_can_be_chosen" {
  command = plan

  variables {
    ingest_schedule    = "*/30 7-23 * * mon-fri"
    reconcile_schedule = "5 0,12 1-15/2 JAN *"
    schedule_time_zone = "America/Argentina/Buenos_Aires"
  }

  assert {
    condition     = google_cloud_scheduler_job.job["ingest-me"].schedule == "*/30 7-23 * * mon-fri" && google_cloud_scheduler_job.job["reconcile"].schedule == "5 0,12 1-15/2 JAN *" && google_cloud_scheduler_job.job["ingest-me"].time_zone == "America/Argentina/Buenos_Aires"
    error_message = "The jobs do not have the given schedules."
  }
}
