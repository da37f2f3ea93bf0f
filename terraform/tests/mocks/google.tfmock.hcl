# What every plan reads, and computed values that other resources name. The provider validates members and emails of
# accounts, so an invented value has to be valid.

mock_data "google_project" {
  defaults = { number = "123456789012" }
}

mock_data "google_cloud_run_locations" {
  defaults = { locations = ["europe-west1", "northamerica-northeast2", "us-central1"] }
}

override_resource {
  target = google_service_account.function["ingest"]
  values = { id = "projects/some-project/serviceAccounts/insights-ingest@some-project.iam.gserviceaccount.com", email = "insights-ingest@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-ingest@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.function["importer"]
  values = { id = "projects/some-project/serviceAccounts/insights-importer@some-project.iam.gserviceaccount.com", email = "insights-importer@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-importer@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.function["load"]
  values = { id = "projects/some-project/serviceAccounts/insights-load@some-project.iam.gserviceaccount.com", email = "insights-load@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-load@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.function["reconcile"]
  values = { id = "projects/some-project/serviceAccounts/insights-reconcile@some-project.iam.gserviceaccount.com", email = "insights-reconcile@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-reconcile@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.function["topten"]
  values = { id = "projects/some-project/serviceAccounts/insights-topten@some-project.iam.gserviceaccount.com", email = "insights-topten@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-topten@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.function["features"]
  values = { id = "projects/some-project/serviceAccounts/insights-features@some-project.iam.gserviceaccount.com", email = "insights-features@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-features@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.function["dashboard"]
  values = { id = "projects/some-project/serviceAccounts/insights-dashboard@some-project.iam.gserviceaccount.com", email = "insights-dashboard@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-dashboard@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.function["dashboard-public"]
  values = { id = "projects/some-project/serviceAccounts/insights-dashboard-public@some-project.iam.gserviceaccount.com", email = "insights-dashboard-public@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-dashboard-public@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.build
  values = { id = "projects/some-project/serviceAccounts/insights-build@some-project.iam.gserviceaccount.com", email = "insights-build@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-build@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.scheduler
  values = { id = "projects/some-project/serviceAccounts/insights-scheduler@some-project.iam.gserviceaccount.com", email = "insights-scheduler@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-scheduler@some-project.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.events
  values = { id = "projects/some-project/serviceAccounts/insights-events@some-project.iam.gserviceaccount.com", email = "insights-events@some-project.iam.gserviceaccount.com", member = "serviceAccount:insights-events@some-project.iam.gserviceaccount.com" }
}
