# The warehouse. A table's columns are in shared/warehouse/schema, which the tables on one machine use as
# well; partitions and clustering are those of shared/warehouse/create.go.

locals {
  schemas = "${path.module}/../shared/warehouse/schema"
  tables  = toset([for file in fileset(local.schemas, "*.json") : trimsuffix(file, ".json")])
  by_time = ["plays", "listens"]
}

resource "google_bigquery_dataset" "insights" {
  dataset_id  = var.dataset
  location    = var.region
  description = "Listening history. Everything in it can be built again from the lake."

  delete_contents_on_destroy = false

  depends_on = [time_sleep.services]
}

resource "google_bigquery_table" "table" {
  for_each = local.tables

  dataset_id          = google_bigquery_dataset.insights.dataset_id
  table_id            = each.key
  schema              = file("${local.schemas}/${each.key}.json")
  deletion_protection = var.deletion_protection
  clustering          = contains(local.by_time, each.key) ? ["listener"] : null

  dynamic "time_partitioning" {
    for_each = contains(local.by_time, each.key) ? ["played_at"] : []
    content { # by day, the years of an export would be more partitions than one job may change
      type  = "MONTH"
      field = time_partitioning.value
    }
  }
}
