# The views, as the code renders them for every engine (`go run ./terraform/stage`). A view can only be created after
# the views that it reads, and Terraform orders resources and not the instances of one: hence two resources.

locals {
  staged  = "${path.module}/staged"
  dataset = "`${var.project}`.${google_bigquery_dataset.insights.dataset_id}" # an id such as my-2nd-project needs the quotes

  views = { # they read tables
    features    = "The audio features of each track: an answer that knows the track before one that does not."
    gaps        = "Times in which plays may have been missed: more than 50 between two ingests."
    load_counts = "How many plays of each object are new, and how many were already stored."
  }
  views_of_views = {
    listening_history = "Every listen with its track and audio features."
    open_gaps         = "The gaps that no import covers."
  }
  queries = { for name in keys(merge(local.views, local.views_of_views)) : name =>
    replace(file("${local.staged}/views/${name}.sql"), "DATASET_PLACEHOLDER", local.dataset)
  }
}

resource "google_bigquery_table" "view" {
  for_each = local.views

  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = each.key
  description         = each.value
  deletion_protection = false # a view has no data

  view {
    query          = local.queries[each.key]
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "view_of_views" {
  for_each = local.views_of_views

  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = each.key
  description         = each.value
  deletion_protection = false # a view has no data

  view {
    query          = local.queries[each.key]
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table, google_bigquery_table.view]
}
