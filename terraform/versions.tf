terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.0, < 9.0"
    }
    time = {
      source  = "hashicorp/time"
      version = ">= 0.12, < 1.0"
    }
  }

  # The bucket is named at `terraform init -backend-config=bucket=...`: it has to be there before
  # Terraform is, so the deployment makes it.
  backend "gcs" {
    prefix = "spotify-insights"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # Calls are counted against this project, whichever one the deployer's own credentials name. Without
  # it the budget's API refuses a person's credentials altogether.
  billing_project       = var.project
  user_project_override = true

  default_labels = { app = "spotify-insights" }
}
