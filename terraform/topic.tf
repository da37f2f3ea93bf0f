# On which load and reconcile tell that plays of a listener were loaded.
resource "google_pubsub_topic" "loaded" {
  name = "plays-loaded"

  depends_on = [time_sleep.services]
}
