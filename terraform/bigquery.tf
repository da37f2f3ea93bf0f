# The warehouse. The columns of a table are in shared/warehouse/schema, which the local warehouse uses too. Partitions
# and clustering are the same as in shared/warehouse/create.go.

locals {
  schemas = "${path.module}/../shared/warehouse/schema"
  tables  = toset([for file in fileset(local.schemas, "*.json") : trimsuffix(file, ".json")])
  by_month = {
    plays   = "played_at"
    listens = "played_at"
    loads   = "loaded_at" # a table without partitions takes 1,500 load jobs a day at most
  }
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
  clustering          = contains(["plays", "listens"], each.key) ? ["listener"] : null

  dynamic "time_partitioning" {
    for_each = contains(keys(local.by_month), each.key) ? [local.by_month[each.key]] : []
    content { # daily partitions of an export's years would be more than one job may change
      type  = "MONTH"
      field = time_partitioning.value
    }
  }
}
