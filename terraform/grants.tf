# What each function's account may do, granted on the narrowest resource that takes a grant. There are no custom roles:
# the name of a deleted role is locked for up to 37 days, which would block a new deployment.

locals {
  # Of the functions that are deployed: the settings in scale.tf change which these are.
  granted = { for on, grants in local.grants : on => [
    for g in grants : g if contains(keys(local.functions), g.account) && (var.ingest_queue || try(g.topic, "") != "ingests")
  ] }
  grants = {
    projects = [ # jobs have no narrower resource
      { account = "load", role = "roles/bigquery.jobUser" },
      { account = "reconcile", role = "roles/bigquery.jobUser" },
      { account = "topten", role = "roles/bigquery.jobUser" },
      { account = "features", role = "roles/bigquery.jobUser" },
    ]
    buckets = [
      # Ingest can add objects to the lake. It can neither change nor delete them.
      { account = "ingest", bucket = "lake", role = "roles/storage.objectCreator" },
      { account = "ingest", bucket = "lake", role = "roles/storage.objectViewer" },
      { account = "ingest", bucket = "insights", role = "roles/storage.objectUser" },
      # The importer reads an upload and deletes it after the import. objectUser is the narrowest predefined role that can do both.
      { account = "importer", bucket = "uploads", role = "roles/storage.objectUser" },
      # In the lake it can add objects of exports, and read those only. It looks up whether an object exists, and replaces its
      # own status only. public.tf says why an account may list the names of all objects.
      { account = "importer", bucket = "lake", role = "roles/storage.objectCreator", under = ["plays/source=export/"] },
      { account = "importer", bucket = "lake", role = "roles/storage.objectViewer", under = ["plays/source=export/"] },
      { account = "importer", bucket = "lake", role = "roles/storage.legacyBucketReader" },
      { account = "importer", bucket = "insights", role = "roles/storage.objectUser", under = ["status/import/"] },
      { account = "importer", bucket = "insights", role = "roles/storage.legacyBucketReader" },
      # BigQuery reads the bucket of a load job too, which objectViewer does not allow.
      { account = "load", bucket = "lake", role = "roles/storage.objectViewer" },
      { account = "load", bucket = "lake", role = "roles/storage.legacyBucketReader" },
      { account = "reconcile", bucket = "lake", role = "roles/storage.objectViewer" },
      { account = "reconcile", bucket = "lake", role = "roles/storage.legacyBucketReader" },
      # Topten reads, writes and deletes its own objects only. EXPORT DATA writes with topten's rights, and it
      # replaces and lists objects too.
      { account = "topten", bucket = "insights", role = "roles/storage.objectUser", under = ["insights/", "public/", "snapshots/"] },
      { account = "topten", bucket = "insights", role = "roles/storage.legacyBucketReader" },
      { account = "dashboard", bucket = "insights", role = "roles/storage.objectViewer" },
      # Features calls other companies' services. It can add objects below features/, and read those only.
      { account = "features", bucket = "lake", role = "roles/storage.objectCreator", under = ["features/"] },
      { account = "features", bucket = "lake", role = "roles/storage.objectViewer", under = ["features/"] },
      { account = "features", bucket = "lake", role = "roles/storage.legacyBucketReader" },
    ]
    datasets = [ # topten reads every table and view, and exports what it reads
      { account = "topten", role = "roles/bigquery.dataViewer" },
    ]
    tables = [
      { account = "load", table = "plays", role = "roles/bigquery.dataEditor" },
      { account = "load", table = "audio_features", role = "roles/bigquery.dataEditor" },
      { account = "load", table = "loads", role = "roles/bigquery.dataEditor" },
      { account = "reconcile", table = "plays", role = "roles/bigquery.dataEditor" },
      { account = "reconcile", table = "audio_features", role = "roles/bigquery.dataEditor" },
      { account = "reconcile", table = "loads", role = "roles/bigquery.dataEditor" },
      { account = "reconcile", table = "listens", role = "roles/bigquery.dataEditor" }, # it empties the table when plays has lost rows
      { account = "topten", table = "tracks", role = "roles/bigquery.dataEditor" },
      { account = "topten", table = "listens", role = "roles/bigquery.dataEditor" },
      { account = "topten", table = "top_ten", role = "roles/bigquery.dataEditor" },
      { account = "features", table = "tracks", role = "roles/bigquery.dataViewer" },
      { account = "features", table = "audio_features", role = "roles/bigquery.dataViewer" },
    ]
    topics = [
      { account = "load", role = "roles/pubsub.publisher" },
      { account = "reconcile", role = "roles/pubsub.publisher" },
      { account = "ingest", role = "roles/pubsub.publisher", topic = "ingests" },
    ]
    secrets = concat(
      [for account in concat(["ingest"], contains(var.feature_providers, "spotify") ? ["features"] : []) :
        { account = account, secret = google_secret_manager_secret.client.secret_id, role = "roles/secretmanager.secretAccessor" }
      ],
      flatten([for token in google_secret_manager_secret.token : [
        { account = "ingest", secret = token.secret_id, role = "roles/secretmanager.secretAccessor" },
        { account = "ingest", secret = token.secret_id, role = "roles/secretmanager.secretVersionManager" }, # list, add, destroy
      ]]),
    )
  }
}

resource "google_project_iam_member" "function" {
  for_each = { for g in local.granted.projects : "${g.account} ${g.role}" => g }

  project = var.project
  role    = each.value.role
  member  = google_service_account.function[each.value.account].member
}

resource "google_storage_bucket_iam_member" "function" {
  for_each = { for g in local.granted.buckets : "${g.account} ${g.bucket} ${g.role}" => g }

  bucket = {
    lake     = google_storage_bucket.lake.name
    uploads  = google_storage_bucket.uploads.name
    insights = google_storage_bucket.insights.name
  }[each.value.bucket]
  role   = each.value.role
  member = google_service_account.function[each.value.account].member

  dynamic "condition" {
    for_each = try([each.value.under], []) # a grant without it is valid for the whole bucket
    content {
      title       = "own-objects"
      description = "Only objects whose name begins with ${join(" or ", condition.value)}."
      expression = join(" || ", [for prefix in condition.value :
        "resource.name.startsWith(\"projects/_/buckets/${local.buckets[each.value.bucket]}/objects/${prefix}\")"
      ])
    }
  }
}

resource "google_bigquery_dataset_iam_member" "function" {
  for_each = { for g in local.granted.datasets : "${g.account} ${g.role}" => g }

  dataset_id = google_bigquery_dataset.insights.dataset_id
  role       = each.value.role
  member     = google_service_account.function[each.value.account].member
}

resource "google_bigquery_table_iam_member" "function" {
  for_each = { for g in local.granted.tables : "${g.account} ${g.table} ${g.role}" => g }

  dataset_id = google_bigquery_dataset.insights.dataset_id
  table_id   = google_bigquery_table.table[each.value.table].table_id
  role       = each.value.role
  member     = google_service_account.function[each.value.account].member
}

resource "google_pubsub_topic_iam_member" "function" {
  for_each = { for g in local.granted.topics : "${g.account} ${g.role}" => g }

  topic  = try(each.value.topic, "") == "ingests" ? google_pubsub_topic.ingests[0].name : google_pubsub_topic.loaded.name
  role   = each.value.role
  member = google_service_account.function[each.value.account].member
}

resource "google_secret_manager_secret_iam_member" "function" {
  for_each = { for g in local.granted.secrets : "${g.account} ${g.secret} ${g.role}" => g }

  secret_id = each.value.secret
  role      = each.value.role
  member    = google_service_account.function[each.value.account].member
}

# A new grant takes a minute or two, and so does a new metric. A function that is built or triggered before that fails, and
# so does an objective.
resource "time_sleep" "grants" {
  create_duration = "120s"
  triggers        = { functions = join(" ", keys(local.functions)) } # waits again for each function that is added later

  depends_on = [
    google_project_iam_member.build,
    google_project_iam_member.build_sources,
    google_project_iam_member.events,
    google_project_iam_member.function,
    google_artifact_registry_repository_iam_member.build,
    google_bigquery_dataset_iam_member.function,
    google_bigquery_table_iam_member.function,
    google_logging_metric.measure,
    google_pubsub_topic_iam_member.function,
    google_secret_manager_secret_iam_member.function,
    google_storage_bucket_iam_member.build,
    google_storage_bucket_iam_member.function,
    google_storage_bucket_iam_member.public_names,
    google_storage_bucket_iam_member.public_objects,
  ]
}
