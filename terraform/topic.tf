# On which load and reconcile tell that plays of a listener were loaded, or audio features, of which they tell
# every listener.
resource "google_pubsub_topic" "loaded" {
  name = "plays-loaded"

  depends_on = [time_sleep.services]
}
