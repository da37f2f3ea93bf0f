# One bucket for each purpose: a trigger fires on every object of its bucket.

locals {
  buckets = {
    lake     = coalesce(var.lake_bucket, "${var.project}-spotify-lake")
    uploads  = "${var.project}-spotify-uploads"
    insights = "${var.project}-spotify-insights"
    sources  = "${var.project}-spotify-sources"
  }
}

# The source of truth: everything else can be rebuilt from it. No rule deletes an object or an old version.
resource "google_storage_bucket" "lake" {
  name                        = local.buckets.lake
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }
  soft_delete_policy { # a deleted bucket can be restored for a week
    retention_duration_seconds = 604800
  }

  depends_on = [time_sleep.services]
}

# Privacy exports, which are personal and large, until they are imported.
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
  soft_delete_policy { # a deleted export is gone at once
    retention_duration_seconds = 0
  }

  depends_on = [time_sleep.services]
}

# Documents and snapshots, which the pages read. topten deletes the snapshots that no document names. No rule deletes by
# age, because the snapshot of a listener who plays nothing stays in use.
resource "google_storage_bucket" "insights" {
  name                        = local.buckets.insights
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  soft_delete_policy { # otherwise each replaced snapshot is billed for a week
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
