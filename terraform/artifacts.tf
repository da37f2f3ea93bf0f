# Where Cloud Build leaves the functions' images. Each deployment adds one a function.
resource "google_artifact_registry_repository" "images" {
  repository_id          = "spotify-insights"
  location               = var.region
  format                 = "DOCKER"
  description            = "Images of the functions."
  cleanup_policy_dry_run = false

  # A running revision has a copy of its own, so the newest image is enough; of two policies that
  # meet, the one that keeps wins.
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
      older_than = "86400s" # not in the middle of a deployment
    }
  }
  vulnerability_scanning_config { # it is billed by the image
    enablement_config = "DISABLED"
  }

  depends_on = [time_sleep.services]
}
