# Service accounts: one for each function, one that builds them, and one each for Scheduler and the event triggers.

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "insights-${each.key}"
  display_name = "Spotify Insights: ${each.key}"

  depends_on = [time_sleep.services]
}

resource "google_service_account" "build" {
  account_id   = "insights-build"
  display_name = "Spotify Insights: builds the functions"

  depends_on = [time_sleep.services]
}

resource "google_service_account" "scheduler" {
  account_id   = "insights-scheduler"
  display_name = "Spotify Insights: calls the scheduled functions"

  depends_on = [time_sleep.services]
}

resource "google_service_account" "events" {
  account_id   = "insights-events"
  display_name = "Spotify Insights: calls the event functions"

  depends_on = [time_sleep.services]
}
