#!/usr/bin/env bash
# Removes the deployment from its project: everything that runs, and the tokens. The lake, the tables and Terraform's
# state stay, so that a later deploy uses them again. ALL=yes removes them too.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
unset LISTENERS SETTINGS # the stored ones are used
# shellcheck source-path=SCRIPTDIR source=terraform.sh
. terraform/commands/terraform.sh

# What is removed. Terraform also removes what depends on it: grants, sources, invokers.
targets=(
  google_cloudfunctions2_function.function google_cloud_scheduler_job.job google_pubsub_topic.{loaded,ingests}
  google_service_account.{function,build,scheduler,events} time_sleep.grants
  google_secret_manager_secret.{client,token} google_storage_bucket.{uploads,insights,sources}
  google_artifact_registry_repository.images google_logging_metric.{counter,measure} google_billing_budget.month
  google_monitoring_alert_policy.{line,absence} google_monitoring_notification_channel.mail
  google_monitoring_{custom_service,dashboard}.insights
)

[ -z "${ALL-}" ] || wants ALL '^yes$' "yes, or leave it out"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_terraform
find_deployment
check_login
if [ -z "${ALL-}" ]; then
  confirm "$PROJECT" "This removes the functions, their schedule, alerts and secrets from $PROJECT, and leaves the lake and the tables."
  open_deployment
  visibly destroy -auto-approve "${targets[@]/#/-target=}" "${VARS[@]}" || give_up "Not everything is removed."
  echo "The lake, the tables and gs://$STATE are still there. To use them again: make deploy PROJECT=$PROJECT, and connect again."
  exit
fi
confirm "$PROJECT" "This deletes everything that Spotify Insights has in $PROJECT: the lake with every play, the tables, the secrets."
open_deployment
visibly apply -auto-approve -target=google_storage_bucket.lake -target=google_bigquery_table.table "${VARS[@]}" -var deletion_protection=false ||
  echo "The protection of the lake or of a table could not be removed; everything else is destroyed."
visibly destroy -auto-approve "${VARS[@]}" -var deletion_protection=false || give_up "Not everything is removed."
remove_objects "gs://$STATE"
echo "These stay: enabled services, the roles of Google's own agents, logs for 30 days, deleted buckets for 7 days, deleted tables for 14, and the sources of functions" \
  "in gs://gcf-v2-sources-... and gs://gcf-v2-uploads-..., which other functions may use."
