# The project as it is found, and the services that have to be on. The first two questions are asked before
# anything is made; the deployment has switched on the services that answer them.

data "google_project" "this" {
  project_id = var.project

  lifecycle {
    postcondition {
      condition     = self.number != null && self.number != ""
      error_message = "There is no project ${var.project}, or these credentials cannot see it: check PROJECT, and who `gcloud auth application-default login` was done as."
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
  services = concat([
    "artifactregistry", "bigquery", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "cloudscheduler", "eventarc",
    "iam", "logging", "monitoring", "pubsub", "run", "secretmanager", "storage",
  ], var.budget == null ? [] : ["billingbudgets"])
}

resource "google_project_service" "on" {
  for_each = toset(local.services)

  project = var.project
  service = "${each.key}.googleapis.com"

  disable_on_destroy = false # something else in the project may need it
}

# A service that is just on answers for a while as if it were off.
resource "time_sleep" "services" {
  create_duration = "30s"
  triggers        = { services = join(" ", local.services) } # once more for each that is added later

  depends_on = [google_project_service.on]
}

# In a new project the agents of Eventarc and of Cloud Storage are made at their first use, without
# their roles, and the first trigger fails with "Permission denied while using the Eventarc Service
# Agent". Eventarc's is made by the deployment (`gcloud beta services identity create`, which the
# provider has no resource for), Cloud Storage's by asking for it here; the roles are given here, and
# grants.tf waits until they hold.
data "google_storage_project_service_account" "agent" {
  project = var.project
}

resource "google_project_iam_member" "storage_agent" { # each trigger on a bucket has a topic of its own, of unknown name
  project = var.project
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.agent.member

  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "eventarc_agent" {
  project = var.project
  role    = "roles/eventarc.serviceAgent"
  member  = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-eventarc.iam.gserviceaccount.com"

  depends_on = [time_sleep.services]
}
