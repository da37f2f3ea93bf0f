# A bucket a purpose: a trigger takes a bucket as a whole, and so does a grant.

locals {
  buckets = {
    lake     = coalesce(var.lake_bucket, "${var.project}-spotify-lake")
    uploads  = "${var.project}-spotify-uploads"
    insights = "${var.project}-spotify-insights"
    sources  = "${var.project}-spotify-sources"
  }
}

# The source of truth: everything else can be built again from it. No rule ever deletes an object, live or not.
resource "google_storage_bucket" "lake" {
  name                        = local.buckets.lake
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }
  soft_delete_policy { # versioning keeps what is deleted; a deleted bucket can be restored for a week
    retention_duration_seconds = 604800
  }

  depends_on = [time_sleep.services]
}

# Privacy exports, personal and large, until they are imported.
resource "google_storage_bucket" "uploads" {
  name                        = local.buckets.uploads
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "Delete"
    }
  }
  soft_delete_policy { # what was imported is gone when it is deleted
    retention_duration_seconds = 0
  }

  depends_on = [time_sleep.services]
}

# What the pages read: documents and snapshots. topten deletes the snapshots that no document names. No rule
# deletes by age, because the snapshot of a listener who plays nothing stays in use.
resource "google_storage_bucket" "insights" {
  name                        = local.buckets.insights
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  soft_delete_policy { # else each replaced snapshot is billed for a week
    retention_duration_seconds = 0
  }

  depends_on = [time_sleep.services]
}

# The functions' sources.
resource "google_storage_bucket" "sources" {
  name                        = local.buckets.sources
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  depends_on = [time_sleep.services]
}
