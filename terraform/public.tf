# The page that everybody may see, where a listener asked for one: the dashboard once more, as a
# service of its own, because access is granted to a service and not to a listener's page. It knows
# public listeners only, and can read none but their figures.

locals {
  public = { for id, l in local.shown : id => l if l.public }

  public_functions = {
    for name in length(local.public) > 0 ? ["dashboard-public"] : [] : name => {
      source    = "dashboard"
      on        = "people"
      memory    = "512Mi"
      cpu       = "1"
      timeout   = 30
      instances = 2
      requests  = 40
      environment = merge(local.base, {
        AUDIENCE        = "public"
        INSIGHTS_BUCKET = google_storage_bucket.insights.name
        LISTENERS       = jsonencode(local.public)
      })
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "everybody" {
  for_each = local.public_functions

  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers" # Domain Restricted Sharing refuses this: see README.md
}

# Where the figures are, as shared/insights names them; the status beside them is nobody's business.
resource "google_storage_bucket_iam_member" "public_figures" {
  for_each = local.public_functions

  bucket = google_storage_bucket.insights.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.function[each.key].member

  condition {
    title       = "figures-of-public-listeners"
    description = "Only the figures of listeners whose page is public."
    expression = join(" || ", [for id in keys(local.public) :
      "resource.name == \"projects/_/buckets/${local.buckets.insights}/objects/insights/listener=${id}.json\""
    ])
  }
}

# Without the right to list, an object that is not there yet is "forbidden" instead of "not found". It
# shows names, and opens nothing.
resource "google_storage_bucket_iam_member" "public_names" {
  for_each = local.public_functions

  bucket = google_storage_bucket.insights.name
  role   = "roles/storage.legacyBucketReader"
  member = google_service_account.function[each.key].member
}
