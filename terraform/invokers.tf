# Who may call the functions: Scheduler's account what runs by the clock, the triggers' account what
# runs on events, and whoever may run anything in the project (its owners) the private page. The page of
# public listeners is public.tf's.

resource "google_cloud_run_v2_service_iam_member" "scheduler" {
  for_each = { for name, f in local.functions : name => f if f.on == "schedule" }

  name     = google_cloudfunctions2_function.function[each.key].name # the service behind a function has its name
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

resource "google_project_iam_member" "events" { # for triggers there is no narrower grant
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.events.member
}
