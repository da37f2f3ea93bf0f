#!/usr/bin/env bash
# Makes the deployment in a project, or upgrades it: checks what has to be there and says how to mend what is
# missing, makes the bucket of Terraform's state, and applies the plan if it deletes nothing that is to be kept.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
# shellcheck source-path=SCRIPTDIR source=terraform.sh
. terraform/commands/terraform.sh

space='[[:space:]]*' string='"[A-Za-z0-9_/+-]+"'
field="(\"time_zone\"$space:$space$string|\"public\"$space:$space(true|false))"
listener="\"[a-z][a-z0-9-]{0,30}\"$space:$space\{$space$field($space,$space$field)*$space\}"
[ -z "${LISTENERS-}" ] || wants LISTENERS "^$space\{$space$listener($space,$space$listener)*$space\}$space\$" \
  "all listeners as JSON, such as '{\"me\":{\"time_zone\":\"Europe/Berlin\"},\"sister\":{\"time_zone\":\"Asia/Tokyo\",\"public\":true}}'"
[ -z "${SETTINGS-}" ] || { [ -f "$SETTINGS" ] && [ -r "$SETTINGS" ]; } || fail "SETTINGS=$SETTINGS is no file that can be read."
[ -z "${STATE_BUCKET-}" ] || wants STATE_BUCKET '^[a-z0-9][a-z0-9_-]{0,48}-spotify-state$' "a bucket's name that ends in -spotify-state"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_terraform
check_project
check_login
billed=$(gcloud billing projects describe "$PROJECT" --format='value(billingEnabled)') || fail "Whether $PROJECT has billing cannot be seen; why, stands above."
[ "$billed" = True ] || fail "$PROJECT has no billing, without which nothing can be made:" \
  "  gcloud billing accounts list" "  gcloud billing projects link $PROJECT --billing-account=ID"

# What Terraform asks before it makes a plan, and what the bucket of its state needs. It switches on the rest.
gcloud services enable --project="$PROJECT" {serviceusage,cloudresourcemanager,iam,storage,run,eventarc}.googleapis.com ||
  fail "Its services cannot be switched on; why, stands above. README.md lists the roles it takes."
locate
if [ -z "$STATE" ]; then
  REGION=${REGION:-us-central1}
  regions=$(gcloud run regions list --project="$PROJECT" --format='value(locationId)')
  grep -qx "$REGION" <<<"$regions" || fail "There is no region $REGION: give one of" "$regions"
  STATE=${STATE_BUCKET:-$PROJECT-spotify-state}
  said=$(gcloud storage buckets create "gs://$STATE" --project="$PROJECT" --location="$REGION" --uniform-bucket-level-access --public-access-prevention 2>&1) || {
    [[ $said == *"HTTPError 409"* ]] || fail "$said" "The bucket for Terraform's state could not be made."
    fail "Somebody else in the world has a bucket $STATE: choose another name that ends in -spotify-state:" \
      "  make deploy PROJECT=$PROJECT REGION=$REGION STATE_BUCKET=...-spotify-state"
  }
fi
gcloud storage buckets update "gs://$STATE" --versioning --quiet
# The agent exists only once it was asked for, and a trigger's grants need it.
gcloud beta services identity create --service=eventarc.googleapis.com --project="$PROJECT"
open_deployment

tf plan -input=false -no-color -out="$WORK/plan" "${VARS[@]}" | tee "$WORK/planned" || fail "There is no plan; nothing was changed."
doomed() { grep -E "^ *# ($1)[^ ]* .*(destroyed|replaced)" "$WORK/planned" >&2; }
if doomed 'google_secret_manager_secret\.'; then
  fail "This would delete a token. LISTENERS has to name every listener; one who is to go: make forget PROJECT=$PROJECT LISTENER=..." "Nothing was changed."
elif doomed 'google_storage_bucket\.lake|google_bigquery_(dataset\.insights|table\.table)'; then
  fail "This would delete what is to be kept: has a name in SETTINGS changed? Nothing was changed."
fi
keep_settings

apply() { tf apply -input=false -no-color "$@" 2>&1 | tee "$WORK/applied"; }
deploy() {
  apply "$WORK/plan" && return
  grep -q 'Eventarc Service Agent' "$WORK/applied" || return 1
  echo "In a new project it takes minutes until the rights of Eventarc's own account hold; nothing else is wrong. Once more in two minutes."
  sleep 120
  apply -auto-approve "${VARS[@]}"
}
deploy || {
  grep -Eq 'permitted customer|allowedPolicyMember' "$WORK/applied" &&
    fail "A policy of your organisation (Domain Restricted Sharing) forbids a page for everybody: see README.md, or" \
      "  make deploy PROJECT=$PROJECT LISTENERS=... with every listener and no \"public\":true"
  grep -Eq 'bucket name is not available' "$WORK/applied" &&
    fail "Somebody else in the world has a bucket of that name. The lake's is yours to choose: lake_bucket = \"...\" in a file, and SETTINGS=FILE."
  fail "Not everything is deployed; Terraform says above why. Once that is mended, the same command goes on from where it stopped."
}
printf '\nDeployed to %s in %s.\n' "$PROJECT" "$REGION"
if page=$(tf output -raw public_url 2>/dev/null); then # else there is none
  echo "The page for everybody: $page"
fi
tf output -raw next_steps
