# Who may call the functions: Scheduler's account the scheduled ones, the triggers' account the event functions. The
# private page needs no grant here, because the project's owners may call every service. public.tf has the public page.

resource "google_cloud_run_v2_service_iam_member" "scheduler" {
  for_each = { for name, f in local.functions : name => f if f.on == "schedule" }

  name     = google_cloudfunctions2_function.function[each.key].name # the Cloud Run service has the function's name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}

resource "google_cloud_run_v2_service_iam_member" "events" {
  for_each = { for name, f in local.functions : name => f if contains(keys(local.events), f.on) }

  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.events.member
}

resource "google_project_iam_member" "events" { # triggers have no narrower grant
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.events.member
}
