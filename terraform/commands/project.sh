# shellcheck shell=bash
# The project of a command, and the deployment in it: all scripts here share this. Arguments, such as PROJECT, come from
# make through the environment, and are checked before anything runs. The state bucket identifies the deployment and its
# region.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# wants NAME PATTERN WHAT ends the script unless the argument NAME matches.
wants() {
  local LC_ALL=C # in other locales [a-z] matches other letters too
  [[ ${!1-} =~ $2 ]] || fail "$1='${!1-}' is not valid: give $3."
}

needs() { command -v "$1" >/dev/null || fail "$1 is not installed: $2"; }

[[ ! ${PROJECT-} =~ ^[0-9]+$ ]] || fail "PROJECT=$PROJECT is a project's number. This prints its id: gcloud projects describe $PROJECT --format='value(projectId)'"
wants PROJECT '^[a-z][a-z0-9-]{4,28}[a-z0-9]$' "the id of a project, as 'gcloud projects list' shows it: make $(basename "$0" .sh) PROJECT=my-project"
[ -z "${REGION-}" ] || wants REGION '^[a-z]+-[a-z]+[1-9][0-9]?$' "a region such as us-central1 or europe-west1, not a zone (us-central1-a) and not a multi-region (US)"

export CLOUDSDK_CORE_DISABLE_PROMPTS=1 TF_IN_AUTOMATION=1
export GOOGLE_CLOUD_QUOTA_PROJECT=$PROJECT # calls count against its quota, whatever project the login names

wants_listener() { wants LISTENER '^[a-z][a-z0-9-]{0,30}$' "a listener's id, a small letter and then small letters, digits and dashes: LISTENER=me"; }

ask() { gcloud "$@"; }

# check_project checks gcloud, its login and the project.
check_project() {
  local lifecycle
  needs gcloud https://cloud.google.com/sdk/docs/install
  [ -n "$(gcloud auth list --filter=status:ACTIVE --format='value(account)')" ] || fail "There is no login: gcloud auth login"
  lifecycle=$(gcloud projects describe "$PROJECT" --format='value(lifecycleState)') ||
    fail "There is no project $PROJECT, or this login cannot see it. To list projects: gcloud projects list. To create it: gcloud projects create $PROJECT"
  [ "$lifecycle" = ACTIVE ] || fail "The project is being deleted. To restore it: gcloud projects undelete $PROJECT"
}

# check_login checks the login that programs other than gcloud use, and sets TOKEN to a token of it. Another
# reason than missing rights does not count here: it may be about quota, which check_access reports.
check_login() {
  local said
  TOKEN=$(gcloud auth application-default print-access-token 2>/dev/null) || fail "There is no login for programs other than gcloud:" \
    "  gcloud auth application-default login" "  gcloud auth application-default set-quota-project $PROJECT"
  said=$(CLOUDSDK_AUTH_ACCESS_TOKEN=$TOKEN gcloud projects describe "$PROJECT" --format='value(projectId)' 2>&1) || [[ $said != *"does not have permission"* ]] ||
    fail "The application default login is of another person, who cannot see $PROJECT. Log in as $(gcloud config get account 2>/dev/null):" \
      "  gcloud auth application-default login"
}

# locate sets REGION, and STATE to the bucket of Terraform's state. Both stay empty where nothing is deployed.
locate() {
  local found at
  found=$(ask storage buckets list --project="$PROJECT" --filter='name~-spotify-state$' --format='value(name,location)') ||
    fail "The buckets of $PROJECT cannot be listed; the reason is above."
  read -r STATE at <<<"$found"
  [ -n "$STATE" ] || return 0
  at=$(printf %s "$at" | tr '[:upper:]' '[:lower:]')
  [ "${REGION:-$at}" = "$at" ] || fail "$PROJECT is deployed in $at and cannot move to $REGION: leave REGION out." \
    "If the first deployment failed and nothing is deployed, remove its bucket: gcloud storage rm --recursive gs://$STATE"
  REGION=$at
}

find_deployment() {
  check_project
  locate
  [ -n "$STATE" ] || fail "Nothing is deployed in $PROJECT: make deploy PROJECT=$PROJECT"
}

# find_listener checks that the deployment has the listener.
find_listener() {
  gcloud secrets describe "spotify-token-$LISTENER" --project="$PROJECT" --format='value(name)' >/dev/null ||
    fail "$PROJECT has no listener $LISTENER: make deploy PROJECT=$PROJECT LISTENERS=... with all of them"
}

# confirm WORD WHAT asks for WORD, unless CONFIRM has it.
confirm() {
  local answer=${CONFIRM-}
  if [ -z "$answer" ]; then
    printf '%s\nType %s to continue: ' "$2" "$1" >&2
    read -r answer || true
  fi
  [ "$answer" = "$1" ] || fail "The answer was not $1: nothing was changed."
}

# remove_objects removes all versions of the objects at a URL of Cloud Storage. It succeeds without objects too.
remove_objects() {
  local said
  said=$(gcloud storage rm --recursive "$1" 2>&1) || [[ $said == *"matched no objects"* ]] || fail "$said" "$1 could not be removed."
}
