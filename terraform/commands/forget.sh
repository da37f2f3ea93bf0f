#!/usr/bin/env bash
# Deletes the data of a listener: the token, uploads, plays in the lake with all versions, rows, documents and snapshots.
# Each step may be repeated. The source of each step is deleted before its result, so that no function writes the result
# again.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
# shellcheck source-path=SCRIPTDIR source=terraform.sh
. terraform/commands/terraform.sh
wants_listener
needs bq "it comes with gcloud: https://cloud.google.com/sdk/docs/install"
check_terraform
find_deployment
check_login
confirm "$LISTENER" "This deletes every play of $LISTENER in $PROJECT for good, with the page and the token."

open_state
lake=$(tf output -raw lake || true) tables=$(tf output -raw dataset || true)
# Without any outputs Terraform prints a warning instead and succeeds.
[[ $lake =~ ^[a-z0-9_-]+$ && $tables =~ ^[a-z0-9-]+\.[A-Za-z0-9_]+$ ]] || fail "The deployment is not complete: make deploy PROJECT=$PROJECT"

jobs=$(gcloud scheduler jobs list --location="$REGION" --project="$PROJECT" --format='value(name.basename(),state)')
! grep -qE "^ingest-${LISTENER}[[:space:]]+ENABLED\$" <<<"$jobs" || gcloud scheduler jobs pause "ingest-$LISTENER" --location="$REGION" --project="$PROJECT"
secrets=$(gcloud secrets list --project="$PROJECT" --format='value(name.basename())')
! grep -qx "spotify-token-$LISTENER" <<<"$secrets" || gcloud secrets delete "spotify-token-$LISTENER" --project="$PROJECT" --quiet
for folder in "$PROJECT-spotify-uploads" "$lake/plays/source=api" "$lake/plays/source=export"; do
  remove_objects "gs://$folder/listener=$LISTENER/"
done
# Receipts go first: reconcile treats a table with fewer plays than its receipts report as damaged, and loads the lake
# again.
sql="DELETE FROM \`$tables.loads\` WHERE listener = @listener OR STRPOS(object, CONCAT('/listener=', @listener, '/')) > 0;"
while read -r schema; do
  table=$(basename "$schema" .json)
  [ "$table" = loads ] || sql+=" DELETE FROM \`$tables.$table\` WHERE listener = @listener;"
done < <(grep -l '"name": "listener"' shared/warehouse/schema/*.json)
bq --headless --quiet --project_id="$PROJECT" --location="$REGION" query --use_legacy_sql=false --maximum_bytes_billed=100000000000 --parameter="listener::$LISTENER" "$sql"
# A document is deleted before the snapshot that it names.
for object in "status/"{,import/}"listener=$LISTENER.json" {,public/}"insights/listener=$LISTENER.json" {,public/}"snapshots/listener=$LISTENER/"; do
  remove_objects "gs://$PROJECT-spotify-insights/$object"
done
echo "The data of $LISTENER is deleted. Google retains deleted objects and rows for 7 days (soft delete, time travel)," \
  "and the functions' logs, which name the listener, for 30 days."
echo "A function that was running may have written something again: repeat this command in ten minutes." \
  "The names and audio features of tracks stay, because they belong to no listener."
echo "Now remove $LISTENER from LISTENERS: make deploy PROJECT=$PROJECT LISTENERS=... with the others"
