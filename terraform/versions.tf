terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.0, < 8.0"
    }
    time = {
      source  = "hashicorp/time"
      version = ">= 0.12, < 1.0"
    }
  }

  # `terraform init -backend-config=bucket=...` names the bucket. deploy.sh creates it, because it has to exist first.
  backend "gcs" {
    prefix = "spotify-insights"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # Calls count against the quota of this project, whatever project the deployer's credentials name. Without this, the
  # budget's API refuses a person's credentials.
  billing_project       = var.project
  user_project_override = true

  default_labels = { app = "spotify-insights" }
}
