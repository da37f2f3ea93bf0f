# The rights of Cloud Build, which turns a source into an image. Its default account would have more.

resource "google_project_iam_member" "build" { # logs have no narrower resource
  project = var.project
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build" {
  repository = google_artifact_registry_repository.images.name
  location   = google_artifact_registry_repository.images.location
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.sources.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# The platform copies a source into its own buckets before it builds. It creates them with the first function, which is
# too late for a grant on the bucket.
resource "google_project_iam_member" "build_sources" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title       = "sources-of-functions"
    description = "Only the buckets in which the platform stores the sources of functions."
    expression = join(" || ", [for kind in ["sources", "uploads"] :
      "resource.name.startsWith(\"projects/_/buckets/gcf-v2-${kind}-${data.google_project.this.number}-${var.region}\")"
    ])
  }
}
