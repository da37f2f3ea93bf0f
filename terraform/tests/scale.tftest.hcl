# Guards the two settings for many listeners. The other files guard that the defaults change nothing: a job for each
# listener, and load after each object.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_cloudfunctions2_function" {
    defaults = {}
  }
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

run "without_the_settings_there_is_no_queue" {
  command = plan

  assert {
    condition     = length(google_pubsub_topic.ingests) + length(google_pubsub_subscription.ingests) == 0
    error_message = "A deployment that does not use the queue would get one with an upgrade."
  }
}

run "with_a_queue_one_job_ingests_for_all_listeners" {
  command = plan

  variables {
    ingest_queue = true
    listeners    = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert {
    condition = { for job in google_cloud_scheduler_job.job : job.name => one(job.http_target).uri } == {
      ingest    = "${google_cloudfunctions2_function.function["ingest"].service_config[0].uri}/?listeners=all"
      reconcile = "${google_cloudfunctions2_function.function["reconcile"].service_config[0].uri}/"
      features  = "${google_cloudfunctions2_function.function["features"].service_config[0].uri}/"
    }
    error_message = "There is a job for each listener, or the job of all does not fill the queue."
  }
  assert {
    condition     = one(google_cloud_scheduler_job.job["ingest"].retry_config).retry_count == 0 && google_cloud_scheduler_job.job["ingest"].schedule == "0 * * * *"
    error_message = "A retry would put listeners into the queue twice."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["ingest"].service_config[0].environment_variables.INGEST_TOPIC == one(google_pubsub_topic.ingests).name
    error_message = "Ingest publishes to another topic than that of the queue."
  }
  assert {
    condition     = { for g in google_pubsub_topic_iam_member.function : "${one([for name, a in google_service_account.function : name if a.member == g.member])} ${g.role}" => g.topic }["ingest roles/pubsub.publisher"] == one(google_pubsub_topic.ingests).name
    error_message = "Ingest may not publish to its queue."
  }
}

run "the_queue_calls_ingest_with_a_token_and_not_twice_while_it_runs" {
  command = plan

  variables {
    ingest_queue = true
  }

  assert {
    condition = alltrue([for s in google_pubsub_subscription.ingests :
      one(s.push_config).push_endpoint == "${google_cloudfunctions2_function.function["ingest"].service_config[0].uri}/?message=listener" &&
      one(one(s.push_config).oidc_token).audience == google_cloudfunctions2_function.function["ingest"].service_config[0].uri &&
      one(one(s.push_config).oidc_token).service_account_email == google_service_account.scheduler.email
    ])
    error_message = "Cloud Run refuses a message without a token, or with a token for another service."
  }
  assert {
    condition = alltrue([for s in google_pubsub_subscription.ingests :
      s.ack_deadline_seconds > google_cloudfunctions2_function.function["ingest"].service_config[0].timeout_seconds && one(s.expiration_policy).ttl == ""
    ])
    error_message = "A message would come again while its run goes on, or the queue would be deleted after a month without runs."
  }
}

run "the_number_of_instances_does_not_grow_with_the_listeners" {
  command = plan

  variables {
    ingest_queue = true
    listeners    = { for n in range(101) : "listener-${n}" => { time_zone = "UTC" } }
  }

  assert {
    condition     = google_cloudfunctions2_function.function["ingest"].service_config[0].max_instance_count == 5
    error_message = "More ingests at once exceed the quota of Secret Manager, and a replaced token could not be stored."
  }
  assert {
    condition     = strcontains(one(one(google_monitoring_alert_policy.absence["ingest"].conditions).condition_prometheus_query_language).query, "listener=~\".+\"")
    error_message = "The names of all listeners would make the query too long."
  }
}

run "in_batches_reconcile_loads_every_ten_minutes_and_load_is_not_deployed" {
  command = plan

  variables {
    batch_loading = true
    listeners     = { me = { time_zone = "UTC" } }
  }

  assert {
    condition     = toset(keys(google_cloudfunctions2_function.function)) == toset(["ingest", "importer", "reconcile", "topten", "features", "dashboard"])
    error_message = "An event for each object would go on, or a function is missing."
  }
  assert {
    condition = { for name in ["reconcile", "reconcile-recent"] : name => "${google_cloud_scheduler_job.job[name].schedule} ${one(google_cloud_scheduler_job.job[name].http_target).uri}" } == {
      reconcile        = "30 4 * * * ${google_cloudfunctions2_function.function["reconcile"].service_config[0].uri}/"
      reconcile-recent = "5-55/10 * * * * ${google_cloudfunctions2_function.function["reconcile"].service_config[0].uri}/?recent=true"
    }
    error_message = "New objects are loaded every ten minutes, not at the minute of the ingests or of the daily run."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["reconcile"].service_config[0].environment_variables.LISTENERS == "{\"me\":{\"public\":false,\"time_zone\":\"UTC\"}}"
    error_message = "Reconcile looks for the recent pages of each listener."
  }
  assert {
    condition     = !anytrue([for key in concat(keys(google_storage_bucket_iam_member.function), keys(google_bigquery_table_iam_member.function), keys(google_project_iam_member.function), keys(google_pubsub_topic_iam_member.function)) : startswith(key, "load ")])
    error_message = "A function that is not deployed has grants."
  }
}

run "in_batches_the_alert_on_loading_speaks_of_reconcile" {
  command = plan

  variables {
    batch_loading = true
  }

  assert {
    condition     = strcontains(one(google_monitoring_alert_policy.absence["load"].documentation).content, "what reconcile reports") && !strcontains(one(google_monitoring_alert_policy.absence["load"].documentation).content, "eventarc")
    error_message = "The alert names a trigger that is not there."
  }
  assert {
    condition     = strcontains(google_logging_metric.counter["loads"].filter, "(\"load\" OR \"reconcile\") AND ((jsonPayload.message=\"loaded\"")
    error_message = "Loads of reconcile have to count as loads."
  }
}

run "many_listeners_fit_into_the_variables_of_a_function" {
  command = plan

  variables {
    ingest_queue  = true
    batch_loading = true
    listeners     = { for n in range(600) : "l${substr(sha256(tostring(n)), 0, 10)}" => { time_zone = "Europe/Berlin" } }
  }

  assert {
    condition = alltrue([for f in google_cloudfunctions2_function.function :
      sum([for name, value in f.service_config[0].environment_variables : length(name) + length(value)]) <= 32768
    ])
    error_message = "Cloud Run functions take 32 KiB of variables."
  }
  assert { # shared/listener knows it by this
    condition     = startswith(google_cloudfunctions2_function.function["topten"].service_config[0].environment_variables.LISTENERS, "H4sI")
    error_message = "The list is not compressed."
  }
}

run "too_many_listeners_are_refused_before_anything_is_made" {
  command = plan

  variables {
    ingest_queue = true
    listeners    = { for n in range(600) : "l${substr(sha256(tostring(n)), 0, 30)}" => { time_zone = "Etc/B${sha256("zone ${n}")}" } }
  }

  expect_failures = [google_cloudfunctions2_function.function]
}
