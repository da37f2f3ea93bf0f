# Wakes topten after load or reconcile has loaded something. A message carries no data.
resource "google_pubsub_topic" "loaded" {
  name = "plays-loaded"

  depends_on = [time_sleep.services]
}
