# The images that Cloud Build makes. Each deployment adds one for each function.
resource "google_artifact_registry_repository" "images" {
  repository_id          = "spotify-insights"
  location               = var.region
  format                 = "DOCKER"
  description            = "Images of the functions."
  cleanup_policy_dry_run = false

  # A running revision has its own copy, so the newest image is enough. KEEP wins over DELETE.
  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 1
    }
  }
  cleanup_policies {
    id     = "delete-the-rest"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "86400s" # a day, so that no deployment loses an image that it uses
    }
  }
  vulnerability_scanning_config { # it is billed for each image
    enablement_config = "DISABLED"
  }

  depends_on = [time_sleep.services]
}
