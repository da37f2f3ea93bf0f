# The warehouse. A table's columns stand in shared/warehouse/schema, which staging and the local
# tables read as well; layout is that of shared/warehouse/create.go.

locals {
  schemas = "${path.module}/../shared/warehouse/schema"
  tables  = toset([for file in fileset(local.schemas, "*.json") : trimsuffix(file, ".json")])
}

resource "google_bigquery_dataset" "insights" {
  dataset_id  = var.dataset
  location    = var.region
  description = "Listening history: plays and what is made of them. Everything in it can be made anew from the lake."

  delete_contents_on_destroy = false

  depends_on = [time_sleep.services]
}

# Where each attempt of a load has a table of its own. What an attempt leaves behind goes by itself.
resource "google_bigquery_dataset" "staging" {
  dataset_id  = "${var.dataset}_staging"
  location    = var.region
  description = "Tables of single attempts to load; they expire after a day."

  default_table_expiration_ms = 86400000
  delete_contents_on_destroy  = true

  depends_on = [time_sleep.services]
}

resource "google_bigquery_table" "table" {
  for_each = local.tables

  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = each.key
  schema              = file("${local.schemas}/${each.key}.json")
  deletion_protection = var.deletion_protection
  clustering          = each.key == "plays" ? ["listener", "track_id"] : null

  dynamic "time_partitioning" {
    for_each = each.key == "plays" ? ["played_at"] : []
    content { # by day, ten years of an export would be more partitions than one job may touch
      type  = "MONTH"
      field = time_partitioning.value
    }
  }
}
