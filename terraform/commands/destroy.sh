#!/usr/bin/env bash
# Removes the deployment from its project: all that runs, and the tokens. The lake and the tables stay, with
# Terraform's state, so that a later deploy finds them again; ALL=yes removes them too.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
# shellcheck source-path=SCRIPTDIR source=terraform.sh
. terraform/commands/terraform.sh
unset LISTENERS SETTINGS # those that are kept

# What goes, and with it what depends on it: grants, sources, invokers.
goes=(
  google_cloudfunctions2_function.function google_cloud_scheduler_job.{ingest,reconcile,features} google_pubsub_topic.loaded
  google_service_account.{function,build,scheduler,events} google_project_iam_member.{storage_agent,eventarc_agent} time_sleep.grants
  google_secret_manager_secret.{client,token} google_storage_bucket.{uploads,insights,sources}
  google_artifact_registry_repository.images google_logging_metric.{ingests,loads,rankings} google_billing_budget.month
  google_monitoring_alert_policy.{line,absence} google_monitoring_notification_channel.mail
)

[ -z "${ALL-}" ] || wants ALL '^yes$' "yes, or leave it out"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_terraform
find_deployment
check_login
if [ -z "${ALL-}" ]; then
  confirm "$PROJECT" "This removes the functions, their schedule, alerts and secrets from $PROJECT, and leaves the lake and the tables."
  open_deployment
  tf destroy -auto-approve -input=false -no-color "${goes[@]/#/-target=}" "${VARS[@]}"
  echo "The lake, the tables and gs://$STATE are still there. To go on: make deploy PROJECT=$PROJECT, and connect again."
  exit
fi
confirm "$PROJECT" "This deletes all that Spotify Insights has in $PROJECT: the lake with every play, the tables, the secrets."
open_deployment
tf apply -auto-approve -input=false -no-color -target=google_storage_bucket.lake -target=google_bigquery_table.table "${VARS[@]}" -var deletion_protection=false ||
  echo "The lake or a table could not be made ready to go; what is there goes all the same."
tf destroy -auto-approve -input=false -no-color "${VARS[@]}" -var deletion_protection=false
remove_objects "gs://$STATE"
echo "What Google made itself stays: services that are on, logs for 30 days, deleted buckets and tables for 7, and the sources of functions," \
  "in gs://gcf-v2-sources-... and gs://gcf-v2-uploads-..., which other functions may share."
