# The secrets, without values: a version that Terraform added would be in its state. `make connect` adds the first
# version, and ingest adds the tokens that Spotify rotates to.

resource "google_secret_manager_secret" "client" {
  secret_id = "spotify-client"

  replication { # "auto" would store it in any region
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [time_sleep.services]
}

resource "google_secret_manager_secret" "token" {
  for_each = var.listeners

  secret_id = "spotify-token-${each.key}"

  replication { # "auto" would store it in any region
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [time_sleep.services]
}
