#!/usr/bin/env bash
# Deploys to a project, or upgrades a deployment: checks the requirements and says how to meet those that are missing,
# creates the bucket of Terraform's state, and applies the plan if that deletes no plays, tables or tokens.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
# shellcheck source-path=SCRIPTDIR source=terraform.sh
. terraform/commands/terraform.sh
# shellcheck source-path=SCRIPTDIR source=requirements.sh
. terraform/commands/requirements.sh

check_settings
[ -z "${STATE_BUCKET-}" ] || wants STATE_BUCKET '^[a-z0-9][a-z0-9_-]{0,48}-spotify-state$' "a bucket's name that ends in -spotify-state"
[ -z "${ADOPT-}" ] || wants ADOPT '^yes$' "yes, or leave it out"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_terraform
check_project
check_login
check_billing
check_public_page
# The services that the calls below and a plan need. Terraform enables the others.
ask services enable --project="$PROJECT" {serviceusage,cloudresourcemanager,iam,storage,run,eventarc,cloudfunctions}.googleapis.com ||
  give_up "The services cannot be enabled."
check_access
locate
if [ -z "$STATE" ]; then
  REGION=${REGION:-us-central1}
  regions=$(ask functions regions list --gen2 --project="$PROJECT" --format='value(locationId)') || give_up "The regions of Cloud Run functions cannot be read."
  grep -qx "$REGION" <<<"$regions" || fail "Cloud Run functions are not in $REGION. Choose a region of theirs: make deploy PROJECT=$PROJECT REGION=..." "$regions"
  STATE=${STATE_BUCKET:-$PROJECT-spotify-state}
  ask storage buckets create "gs://$STATE" --project="$PROJECT" --location="$REGION" --uniform-bucket-level-access --public-access-prevention >/dev/null || {
    [[ $(reason) != *"HTTPError 409"* ]] || fail "Another project has a bucket $STATE. Choose another name that ends in -spotify-state:" \
      "  make deploy PROJECT=$PROJECT REGION=$REGION STATE_BUCKET=...-spotify-state"
    give_up "The bucket for Terraform's state could not be created."
  }
fi
# Old versions of the state are deleted when they are a month old and ten newer ones exist.
ask storage buckets update "gs://$STATE" --versioning --lifecycle-file=terraform/commands/state.json --quiet >/dev/null ||
  give_up "The bucket of Terraform's state could not be set up."
grant_agents
open_deployment

# adopt takes into the state what exists already, where that is allowed, and continues. Terraform reports what exists in
# several parts, because it does not begin what an error makes useless.
adopt() {
  local address exist before=''
  [ -n "${ADOPT-}" ] || return 1
  while [ -n "$(existing)" ] && [ "$(existing)" != "$before" ]; do
    before=$(existing) exist=()
    while read -r address; do exist+=("$address"); done <<<"$before"
    tf show -json "$WORK/plan" >"$WORK/plan.json" && "${GO:-go}" run ./terraform/adopt "${exist[@]}" <"$WORK/plan.json" >terraform/adopted.tf || return 1
    ! settle change || return 0
  done
  return 1
}
failed=''
change() { # each try makes a plan of its own, because a plan can be applied once
  failed="Terraform could not make a plan; nothing was changed."
  visibly plan -out="$WORK/plan" "${VARS[@]}" || return
  refuse_deletions
  store_settings
  failed="Not everything is deployed."
  visibly apply "$WORK/plan"
}
settle change || adopt || give_up "$failed"
printf '\nDeployed to %s in %s.\n' "$PROJECT" "$REGION"
if page=$(tf output -raw public_url 2>/dev/null); then # fails without a public listener
  echo "The public page: $page"
fi
tf output -raw next_steps
