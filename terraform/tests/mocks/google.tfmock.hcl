# The data that every plan reads: the project, and the regions.

mock_data "google_project" {
  defaults = { number = "123456789012" }
}

mock_data "google_cloud_run_locations" {
  defaults = { locations = ["europe-west1", "northamerica-northeast2", "us-central1"] }
}
