# The project and its services. The two data sources are read before anything is created; deploy.sh has switched on the
# services that they need.

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
  always = [ # doctor.sh reads this list
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

# In a new project, Google creates the agents of Eventarc and Cloud Storage at their first use and without their roles.
# The first trigger then fails with "Permission denied while using the Eventarc Service Agent". deploy.sh creates
# Eventarc's agent (`gcloud beta services identity create`; the provider has no resource for it), and this data source
# creates that of Cloud Storage. The roles are granted here, and grants.tf waits until they are valid.
data "google_storage_project_service_account" "agent" {
  project = var.project
}

resource "google_project_iam_member" "storage_agent" { # each trigger on a bucket has its own topic, whose name is not known before
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
