# shellcheck shell=bash
# The project a command is for, and the deployment in it: what the commands here share. Arguments, such as
# PROJECT, come from make through the environment, and are looked at before anything runs. The deployment
# is found by its state bucket, and is wherever that is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# wants NAME PATTERN WHAT ends the command unless the argument NAME is what it should be.
wants() {
  local LC_ALL=C # else [a-z] takes other letters too
  [[ ${!1-} =~ $2 ]] || fail "$1='${!1-}' will not do: give $3."
}

needs() { command -v "$1" >/dev/null || fail "$1 is not installed: $2"; }

wants PROJECT '^[a-z][a-z0-9-]{4,28}[a-z0-9]$' "the id of a project, as 'gcloud projects list' shows it: make $(basename "$0" .sh) PROJECT=my-project"
[ -z "${REGION-}" ] || wants REGION '^[a-z]+-[a-z]+[1-9][0-9]?$' "a region such as us-central1 or europe-west1, no zone (us-central1-a) and no multi-region (US)"

export CLOUDSDK_CORE_DISABLE_PROMPTS=1 TF_IN_AUTOMATION=1
export GOOGLE_CLOUD_QUOTA_PROJECT=$PROJECT # calls are counted against it, whichever project the login names

wants_listener() { wants LISTENER '^[a-z][a-z0-9-]{0,30}$' "a listener's id, a small letter and then small letters, digits and dashes: LISTENER=me"; }

# check_project makes sure of gcloud, its login and the project.
check_project() {
  local lifecycle
  needs gcloud https://cloud.google.com/sdk/docs/install
  [ -n "$(gcloud auth list --filter=status:ACTIVE --format='value(account)')" ] || fail "There is no login: gcloud auth login"
  lifecycle=$(gcloud projects describe "$PROJECT" --format='value(lifecycleState)') ||
    fail "There is no project $PROJECT, or this login cannot see it. Those it sees: gcloud projects list. A new one: gcloud projects create $PROJECT"
  [ "$lifecycle" = ACTIVE ] || fail "The project is being deleted. To have it back: gcloud projects undelete $PROJECT"
}

# check_login makes sure of the login that programs other than gcloud use.
check_login() {
  gcloud auth application-default print-access-token >/dev/null 2>&1 || fail "There is no login for other programs than gcloud:" \
    "  gcloud auth application-default login" "  gcloud auth application-default set-quota-project $PROJECT"
}

# locate sets STATE, the bucket of Terraform's state, empty where nothing is deployed, and REGION.
locate() {
  local found at
  found=$(gcloud storage buckets list --project="$PROJECT" --filter='name~-spotify-state$' --format='value(name,location)') ||
    fail "The buckets of $PROJECT cannot be listed; why, stands above."
  read -r STATE at <<<"$found"
  [ -n "$STATE" ] || return 0
  at=$(printf %s "$at" | tr '[:upper:]' '[:lower:]')
  [ "${REGION:-$at}" = "$at" ] || fail "$PROJECT is deployed in $at and cannot move to $REGION: leave REGION out." \
    "Where nothing is deployed yet, gcloud storage rm --recursive gs://$STATE frees the choice."
  REGION=$at
}

find_deployment() {
  check_project
  locate
  [ -n "$STATE" ] || fail "Nothing is deployed in $PROJECT: make deploy PROJECT=$PROJECT"
}

# find_listener makes sure that the deployment has the listener.
find_listener() {
  gcloud secrets describe "spotify-token-$LISTENER" --project="$PROJECT" --format='value(name)' >/dev/null ||
    fail "$PROJECT has no listener $LISTENER: make deploy PROJECT=$PROJECT LISTENERS=... with all of them"
}

# confirm WORD WHAT asks for WORD, unless CONFIRM is it.
confirm() {
  local answer=${CONFIRM-}
  if [ -z "$answer" ]; then
    printf '%s\nType %s to go on: ' "$2" "$1" >&2
    read -r answer || true
  fi
  [ "$answer" = "$1" ] || fail "That is not $1: nothing was changed."
}

# remove_objects removes what is at a URL of Cloud Storage, if something is, in all versions.
remove_objects() {
  local said
  said=$(gcloud storage rm --recursive "$1" 2>&1) || [[ $said == *"matched no objects"* ]] || fail "$said" "$1 could not be removed."
}
