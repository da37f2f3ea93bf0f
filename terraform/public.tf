# The page that everybody may see, if a listener is public. It is the dashboard again, as a separate service, because
# access is granted to a service and not to a listener's page. Its LISTENERS has public listeners only, and it can read
# objects below public/ only.

locals {
  public = { for id, l in local.shown : id => l if l.public }

  public_functions = {
    for name in length(local.public) > 0 ? ["dashboard-public"] : [] : name => merge(local.page, {
      environment = merge(local.page_environment, {
        AUDIENCE  = "public"
        LISTENERS = local.packed.public
      })
    })
  }
}

resource "google_cloud_run_v2_service_iam_member" "everybody" {
  for_each = local.public_functions

  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers" # Domain Restricted Sharing forbids this: terraform/README.md says what to do
}

# topten writes the public documents and snapshots below public/ (shared/insights).
resource "google_storage_bucket_iam_member" "public_objects" {
  for_each = local.public_functions

  bucket = google_storage_bucket.insights.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.function[each.key].member

  condition {
    title       = "public-objects"
    description = "Only objects whose name begins with public/."
    expression  = "resource.name.startsWith(\"projects/_/buckets/${local.buckets.insights}/objects/public/\")"
  }
}

# Without the right to list, the answer for an object that does not exist is "forbidden" instead of "not found". The
# role shows the names of objects and not their content.
resource "google_storage_bucket_iam_member" "public_names" {
  for_each = local.public_functions

  bucket = google_storage_bucket.insights.name
  role   = "roles/storage.legacyBucketReader"
  member = google_service_account.function[each.key].member
}
