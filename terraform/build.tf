# What Cloud Build may do to turn a source into an image, instead of what its default account may.

resource "google_project_iam_member" "build" { # its log has no narrower home
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

# The platform copies a source into buckets of its own before it builds. They are made with the first
# function, too late for grants of their own.
resource "google_project_iam_member" "build_sources" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title       = "sources-of-functions"
    description = "Only the buckets in which the platform keeps the sources of functions."
    expression = join(" || ", [for kind in ["sources", "uploads"] :
      "resource.name.startsWith(\"projects/_/buckets/gcf-v2-${kind}-${data.google_project.this.number}-${var.region}\")"
    ])
  }
}
