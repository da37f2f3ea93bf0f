# The project and its services. The two data sources are read before anything is created; deploy.sh has switched on the
# services that they need. It has also granted Google's own agents the roles that triggers need
# (terraform/commands/requirements.sh): a grant of Terraform would be removed with the deployment, and other triggers of
# the project need it.

data "google_project" "this" {
  project_id = var.project

  lifecycle {
    postcondition {
      condition     = self.number != null && self.number != ""
      error_message = "There is no project ${var.project}, or these credentials cannot see it: check PROJECT, and the account of `gcloud auth application-default login`."
    }
  }
}

data "google_cloud_run_locations" "here" {
  project = var.project

  lifecycle {
    postcondition {
      condition     = contains(self.locations, var.region)
      error_message = "There is no region ${var.region}: give one of ${join(", ", sort(self.locations))}."
    }
  }
}

locals {
  always = [
    "artifactregistry", "bigquery", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "cloudscheduler", "eventarc",
    "iam", "logging", "monitoring", "pubsub", "run", "secretmanager", "storage",
  ]
  services = concat(local.always, var.budget == null ? [] : ["billingbudgets"])
}

resource "google_project_service" "on" {
  for_each = toset(local.services)

  project = var.project
  service = "${each.key}.googleapis.com"

  disable_on_destroy = false # other parts of the project may need it
}

# A service that was just switched on answers for some seconds as if it were off.
resource "time_sleep" "services" {
  create_duration = "30s"
  triggers        = { services = join(" ", local.services) } # waits again for each service that is added later

  depends_on = [google_project_service.on]
}
