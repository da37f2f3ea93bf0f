#!/usr/bin/env bash
# Deploys to a project, or upgrades a deployment: checks the requirements and says how to meet those that are missing,
# creates the bucket of Terraform's state, and applies the plan if that deletes no plays, tables or tokens.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
# shellcheck source-path=SCRIPTDIR source=terraform.sh
. terraform/commands/terraform.sh

space='[[:space:]]*' string='"[A-Za-z0-9_/+-]+"'
field="(\"time_zone\"$space:$space$string|\"public\"$space:$space(true|false))"
listener="\"[a-z][a-z0-9-]{0,30}\"$space:$space\{$space$field($space,$space$field)*$space\}"
[ -z "${LISTENERS-}" ] || wants LISTENERS "^$space\{$space$listener($space,$space$listener)*$space\}$space\$" \
  "all listeners as JSON, such as '{\"me\":{\"time_zone\":\"Europe/Berlin\"},\"sister\":{\"time_zone\":\"Asia/Tokyo\",\"public\":true}}'"
[ -z "${SETTINGS-}" ] || { [ -f "$SETTINGS" ] && [ -r "$SETTINGS" ]; } || fail "SETTINGS=$SETTINGS is not a readable file."
[ -z "${STATE_BUCKET-}" ] || wants STATE_BUCKET '^[a-z0-9][a-z0-9_-]{0,48}-spotify-state$' "a bucket's name that ends in -spotify-state"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_terraform
check_project
check_login
billed=$(gcloud billing projects describe "$PROJECT" --format='value(billingEnabled)') || fail "Cannot read whether $PROJECT has billing; the reason is above."
[ "$billed" = True ] || fail "$PROJECT has no billing account. Link one:" \
  "  gcloud billing accounts list" "  gcloud billing projects link $PROJECT --billing-account=ID"

# The services that Terraform needs for a plan, and for the bucket of its state. Terraform enables the others.
gcloud services enable --project="$PROJECT" {serviceusage,cloudresourcemanager,iam,storage,run,eventarc}.googleapis.com ||
  fail "The services cannot be enabled; the reason is above. terraform/README.md lists the roles that this needs."
locate
if [ -z "$STATE" ]; then
  REGION=${REGION:-us-central1}
  regions=$(gcloud run regions list --project="$PROJECT" --format='value(locationId)')
  grep -qx "$REGION" <<<"$regions" || fail "There is no region $REGION. The regions are:" "$regions"
  STATE=${STATE_BUCKET:-$PROJECT-spotify-state}
  said=$(gcloud storage buckets create "gs://$STATE" --project="$PROJECT" --location="$REGION" --uniform-bucket-level-access --public-access-prevention 2>&1) || {
    [[ $said == *"HTTPError 409"* ]] || fail "$said" "The bucket for Terraform's state could not be created."
    fail "Another project has a bucket $STATE. Choose another name that ends in -spotify-state:" \
      "  make deploy PROJECT=$PROJECT REGION=$REGION STATE_BUCKET=...-spotify-state"
  }
fi
gcloud storage buckets update "gs://$STATE" --versioning --quiet
# Google creates the agent on request only, and a trigger's grants need it.
gcloud beta services identity create --service=eventarc.googleapis.com --project="$PROJECT"
open_deployment

tf plan -input=false -no-color -out="$WORK/plan" "${VARS[@]}" | tee "$WORK/planned" || fail "Terraform could not make a plan; nothing was changed."
doomed() { grep -E "^ *# ($1)[^ ]* .*(destroyed|replaced)" "$WORK/planned" >&2; }
if doomed 'google_secret_manager_secret\.'; then
  fail "This would delete a token. LISTENERS has to name every listener. To remove one: make forget PROJECT=$PROJECT LISTENER=..." "Nothing was changed."
elif doomed 'google_storage_bucket\.lake|google_bigquery_(dataset\.insights|table\.table)'; then
  fail "This would delete the lake or a table. Check whether a name in SETTINGS is different. Nothing was changed."
fi
store_settings

apply() { tf apply -input=false -no-color "$@" 2>&1 | tee "$WORK/applied"; }
deploy() {
  apply "$WORK/plan" && return
  grep -q 'Eventarc Service Agent' "$WORK/applied" || return 1
  echo "In a new project the rights of Eventarc's own account take some minutes. Nothing else is wrong. Retrying in two minutes."
  sleep 120
  apply -auto-approve "${VARS[@]}"
}
deploy || {
  grep -Eq 'permitted customer|allowedPolicyMember' "$WORK/applied" &&
    fail "A policy of your organisation (Domain Restricted Sharing) forbids a public page: see terraform/README.md, or" \
      "  make deploy PROJECT=$PROJECT LISTENERS=... with every listener and no \"public\":true"
  grep -Eq 'bucket name is not available' "$WORK/applied" &&
    fail "Another project has a bucket of that name. Choose another for the lake: write lake_bucket = \"...\" into a file, and give SETTINGS=FILE."
  fail "Not everything is deployed; Terraform's reason is above. After it is fixed, the same command continues."
}
printf '\nDeployed to %s in %s.\n' "$PROJECT" "$REGION"
if page=$(tf output -raw public_url 2>/dev/null); then # fails without a public listener
  echo "The public page: $page"
fi
tf output -raw next_steps
