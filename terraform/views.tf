# The views, as the code renders them for every engine (`go run ./terraform/stage`). Each is a resource of
# its own because a view can only be made after the views that it reads.

locals {
  staged  = "${path.module}/staged"
  dataset = "`${var.project}`.${google_bigquery_dataset.insights.dataset_id}" # an id such as my-2nd-project needs the quotes
  views = {
    for view in ["features", "listening_history", "gaps", "open_gaps", "load_counts"] : view => replace(
      file("${local.staged}/views/${view}.sql"), "DATASET_PLACEHOLDER", local.dataset
    )
  }
}

resource "google_bigquery_table" "features" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "features"
  description         = "The audio features of each track: an answer that knows the track before one that does not."
  deletion_protection = false # it holds no data

  view {
    query          = local.views.features
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "listening_history" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "listening_history"
  description         = "Every listen with its track and audio features."
  deletion_protection = false # it holds no data

  view {
    query          = local.views.listening_history
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table, google_bigquery_table.features]
}

resource "google_bigquery_table" "gaps" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "gaps"
  description         = "Times in which plays may have been missed: more than 50 between two ingests."
  deletion_protection = false # it holds no data

  view {
    query          = local.views.gaps
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "open_gaps" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "open_gaps"
  description         = "The gaps that no import covers."
  deletion_protection = false # it holds no data

  view {
    query          = local.views.open_gaps
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table, google_bigquery_table.gaps]
}

resource "google_bigquery_table" "load_counts" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "load_counts"
  description         = "How many plays of each object are new, and how many were known already."
  deletion_protection = false # it holds no data

  view {
    query          = local.views.load_counts
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}
