output "dashboard_url" {
  description = "The private page. `make open` opens it; without a login Cloud Run refuses the request."
  value       = google_cloudfunctions2_function.function["dashboard"].service_config[0].uri
}

output "public_url" {
  description = "The page of public listeners, null without one."
  value       = one([for name in keys(local.public_functions) : google_cloudfunctions2_function.function[name].service_config[0].uri])
}

output "lake" {
  description = "The lake's bucket."
  value       = google_storage_bucket.lake.name
}

output "insights" {
  description = "The bucket of documents and snapshots."
  value       = google_storage_bucket.insights.name
}

output "uploads" {
  description = "The bucket of privacy exports that are not imported yet."
  value       = google_storage_bucket.uploads.name
}

output "dataset" {
  description = "The tables and views, as PROJECT.DATASET."
  value       = "${var.project}.${google_bigquery_dataset.insights.dataset_id}"
}

output "services" {
  description = "Names of Google's services that have to be enabled, without `.googleapis.com`."
  value       = sort(local.services)
}

output "functions" {
  description = "Names of the functions, which are also those of their Cloud Run services."
  value       = sort(keys(local.functions))
}

output "jobs" {
  description = "Names of the Scheduler jobs."
  value       = sort([for job in google_cloud_scheduler_job.job : job.name])
}

output "secrets" {
  description = "Names of the secrets of the Spotify app and of each listener's token. Terraform never has their values."
  value = {
    client = google_secret_manager_secret.client.secret_id
    tokens = { for id, secret in google_secret_manager_secret.token : id => secret.secret_id }
  }
}

output "next_steps" {
  description = "What to do after the first deployment."
  value       = <<-TEXT
    1. Connect Spotify, once for each listener (${join(", ", keys(var.listeners))}):  make connect PROJECT=${var.project} LISTENER=...
    2. Ingest now instead of at the next full hour:  make trigger PROJECT=${var.project} LISTENER=...
    3. Open the page:  make open PROJECT=${var.project}
    `make doctor PROJECT=${var.project}` shows what is missing.
  TEXT
}
