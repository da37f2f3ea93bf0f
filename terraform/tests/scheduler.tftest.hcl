# Guards what runs by the clock.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_cloudfunctions2_function" {
    defaults = {}
  }
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

run "every_listener_is_ingested_hourly_features_are_fetched_hourly_and_the_lake_is_reconciled_daily" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert {
    condition = { for id, job in google_cloud_scheduler_job.ingest : id => "${job.name} ${job.schedule} ${job.time_zone}" } == {
      me     = "ingest-me 0 * * * * Etc/UTC"
      sister = "ingest-sister 0 * * * * Etc/UTC"
    }
    error_message = "There is an hourly job for each listener."
  }
  assert {
    condition     = google_cloud_scheduler_job.reconcile.schedule == "30 4 * * *" && google_cloud_scheduler_job.reconcile.time_zone == "Etc/UTC"
    error_message = "The lake is reconciled once a day."
  }
  assert { # in the hour of an ingest, when its tracks are in the tables
    condition     = google_cloud_scheduler_job.features.schedule == "20 * * * *" && google_cloud_scheduler_job.features.time_zone == "Etc/UTC"
    error_message = "Audio features are fetched every hour, well after the ingest."
  }
  assert {
    condition = alltrue([for id, job in google_cloud_scheduler_job.ingest :
      one(job.http_target).uri == "${google_cloudfunctions2_function.function["ingest"].service_config[0].uri}/?listener=${id}"
      ]) && alltrue([for name, job in { reconcile = google_cloud_scheduler_job.reconcile, features = google_cloud_scheduler_job.features } :
      one(job.http_target).uri == "${google_cloudfunctions2_function.function[name].service_config[0].uri}/"
    ])
    error_message = "A job calls another function, or for another listener."
  }
  assert {
    condition     = alltrue([for job in concat(values(google_cloud_scheduler_job.ingest), [google_cloud_scheduler_job.reconcile, google_cloud_scheduler_job.features]) : one(job.http_target).http_method == "POST"])
    error_message = "The functions take POST."
  }
}

run "every_call_says_who_it_is_and_for_whom" {
  command = plan

  assert {
    condition = alltrue([for job in concat(values(google_cloud_scheduler_job.ingest), [google_cloud_scheduler_job.reconcile, google_cloud_scheduler_job.features]) :
      one(one(job.http_target).oidc_token).service_account_email == google_service_account.scheduler.email &&
      startswith(one(job.http_target).uri, "${one(one(job.http_target).oidc_token).audience}/")
    ])
    error_message = "Cloud Run refuses a call without a token, or with one for another service."
  }
}

run "scheduler_waits_longer_than_a_function_runs" {
  command = plan

  assert {
    condition = (
      google_cloud_scheduler_job.ingest["me"].attempt_deadline == "${google_cloudfunctions2_function.function["ingest"].service_config[0].timeout_seconds + 60}s" &&
      google_cloud_scheduler_job.reconcile.attempt_deadline == "${google_cloudfunctions2_function.function["reconcile"].service_config[0].timeout_seconds + 60}s" &&
      google_cloud_scheduler_job.features.attempt_deadline == "${google_cloudfunctions2_function.function["features"].service_config[0].timeout_seconds + 60}s"
    )
    error_message = "A call that is given up while the function works is taken for failed."
  }
  assert {
    condition     = alltrue([for job in concat(values(google_cloud_scheduler_job.ingest), [google_cloud_scheduler_job.reconcile, google_cloud_scheduler_job.features]) : tonumber(trimsuffix(job.attempt_deadline, "s")) <= 1800])
    error_message = "Scheduler waits for half an hour at most."
  }
}

run "a_refused_token_is_not_confirmed_by_a_retry" {
  command = plan

  assert {
    condition     = one(google_cloud_scheduler_job.ingest["me"].retry_config).retry_count == 0
    error_message = "Two refusals in a row mean that the consent is gone: a minute apart they mean nothing."
  }
}

run "schedules_and_their_clock_can_be_chosen" {
  command = plan

  variables {
    ingest_schedule    = "*/30 7-23 * * mon-fri"
    reconcile_schedule = "5 0,12 1-15/2 JAN *"
    schedule_time_zone = "America/Argentina/Buenos_Aires"
  }

  assert {
    condition     = google_cloud_scheduler_job.ingest["me"].schedule == "*/30 7-23 * * mon-fri" && google_cloud_scheduler_job.reconcile.schedule == "5 0,12 1-15/2 JAN *" && google_cloud_scheduler_job.ingest["me"].time_zone == "America/Argentina/Buenos_Aires"
    error_message = "The jobs run by the schedules that were given."
  }
}
