#!/usr/bin/env bash
# Deletes what there is of a listener: the token; plays in the lake, all versions; rows; documents and
# snapshots. Each step may be repeated. What feeds the next step goes first, so that nothing comes back.
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
# Where there are no outputs at all, Terraform prints a warning in their place and succeeds.
[[ $lake =~ ^[a-z0-9_-]+$ && $tables =~ ^[a-z0-9-]+\.[A-Za-z0-9_]+$ ]] || fail "The deployment is not complete: make deploy PROJECT=$PROJECT"

jobs=$(gcloud scheduler jobs list --location="$REGION" --project="$PROJECT" --format='value(name.basename(),state)')
! grep -qE "^ingest-$LISTENER[[:space:]]+ENABLED\$" <<<"$jobs" || gcloud scheduler jobs pause "ingest-$LISTENER" --location="$REGION" --project="$PROJECT"
secrets=$(gcloud secrets list --project="$PROJECT" --format='value(name.basename())')
! grep -qx "spotify-token-$LISTENER" <<<"$secrets" || gcloud secrets delete "spotify-token-$LISTENER" --project="$PROJECT" --quiet
for folder in "$PROJECT-spotify-uploads" "$lake/plays/source=api" "$lake/plays/source=export"; do
  remove_objects "gs://$folder/listener=$LISTENER/"
done
# Receipts go first: reconcile takes a table with fewer plays than its receipts say for damaged, and loads all again.
sql="DELETE FROM \`$tables.loads\` WHERE listener = @listener OR STRPOS(object, CONCAT('/listener=', @listener, '/')) > 0;"
for table in plays listens top_ten; do
  sql+=" DELETE FROM \`$tables.$table\` WHERE listener = @listener;"
done
bq --headless --quiet --project_id="$PROJECT" --location="$REGION" query --use_legacy_sql=false --maximum_bytes_billed=100000000000 --parameter="listener::$LISTENER" "$sql"
# A document goes before the snapshot that it names.
for object in "status/listener=$LISTENER.json" {,public/}"insights/listener=$LISTENER.json" {,public/}"snapshots/listener=$LISTENER/"; do
  remove_objects "gs://$PROJECT-spotify-insights/$object"
done
echo "$LISTENER is forgotten. Google keeps what was deleted from the lake and the tables for 7 days (soft delete, time travel)," \
  "and the functions' logs, which name the listener, for 30."
echo "A run that was under way may have put something back: the same command in ten minutes deletes that too." \
  "The names and audio features of tracks stay: they belong to no listener."
echo "Now take $LISTENER out of LISTENERS: make deploy PROJECT=$PROJECT LISTENERS=... with the others"
