# Who does what: an account a function, one that builds them, and one each for what calls them.

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
  display_name = "Spotify Insights: calls what runs by the clock"

  depends_on = [time_sleep.services]
}

resource "google_service_account" "events" {
  account_id   = "insights-events"
  display_name = "Spotify Insights: calls what runs on events"

  depends_on = [time_sleep.services]
}
