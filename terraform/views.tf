# The views, as the code renders them for every engine (`go run ./terraform/stage`). They stand one by
# one because a view can only be made once those it reads are there.

locals {
  staged = "${path.module}/staged"
  views = {
    for view in ["tracks", "listens", "listening_history", "gaps"] : view => replace(
      file("${local.staged}/views/${view}.sql"), "DATASET_PLACEHOLDER", "${var.project}.${google_bigquery_dataset.insights.dataset_id}"
    )
  }
}

resource "google_bigquery_table" "tracks" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "tracks"
  description         = "The latest known names, link, image and length of each track."
  deletion_protection = false # it holds nothing

  view {
    query          = local.views.tracks
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "listens" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "listens"
  description         = "The plays that count, once each, whichever way they were told."
  deletion_protection = false

  view {
    query          = local.views.listens
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table, google_bigquery_table.tracks]
}

resource "google_bigquery_table" "listening_history" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "listening_history"
  description         = "The plays that count, with the audio features of their tracks."
  deletion_protection = false

  view {
    query          = local.views.listening_history
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table, google_bigquery_table.listens]
}

resource "google_bigquery_table" "gaps" {
  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = "gaps"
  description         = "Times in which more than 50 plays came between two ingests."
  deletion_protection = false

  view {
    query          = local.views.gaps
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}
