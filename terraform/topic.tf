# load and reconcile publish here after they have loaded something, and topten runs. A message has no content.
resource "google_pubsub_topic" "loaded" {
  name = "plays-loaded"

  depends_on = [time_sleep.services]
}
