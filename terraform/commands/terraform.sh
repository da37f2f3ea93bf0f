# shellcheck shell=bash
# Terraform on the state of a deployment, with its settings: deploy, plan and destroy share this, after project.sh
# has set STATE and REGION. Settings are stored beside the state, so that a later deploy from any machine uses them. A
# deploy without a listener of LISTENERS would delete the token.
export CHECKPOINT_DISABLE=1
trap '' HUP # a closed terminal would kill Terraform before it has stored its state
# shellcheck source-path=SCRIPTDIR source=failures.sh
. terraform/commands/failures.sh

# The command that the person gave.
AGAIN="make $(basename "$0" .sh) PROJECT=$PROJECT"
for argument in REGION LISTENERS SETTINGS STATE_BUCKET ADOPT DRIFT ALL; do
  [ -z "${!argument-}" ] || AGAIN+=" $argument='${!argument}'"
done

# check_settings checks LISTENERS and SETTINGS.
check_settings() {
  local space='[[:space:]]*' string='"[A-Za-z0-9_/+-]+"' field listener
  field="(\"time_zone\"$space:$space$string|\"public\"$space:$space(true|false))"
  listener="\"[a-z][a-z0-9-]{0,30}\"$space:$space\{$space$field($space,$space$field)*$space\}"
  [ -z "${LISTENERS-}" ] || wants LISTENERS "^$space\{$space$listener($space,$space$listener)*$space\}$space\$" \
    "all listeners as JSON, such as '{\"me\":{\"time_zone\":\"Europe/Berlin\"},\"sister\":{\"time_zone\":\"Asia/Tokyo\",\"public\":true}}'"
  [ -z "${SETTINGS-}" ] || { [ -f "$SETTINGS" ] && [ -r "$SETTINGS" ]; } || fail "SETTINGS=$SETTINGS is not a readable file."
}

check_terraform() {
  local said
  needs terraform "version 1.11 or later: https://developer.hashicorp.com/terraform/install"
  said=$(terraform version)
  if ! [[ $said =~ v([0-9]+)\.([0-9]+)\. ]] || ((BASH_REMATCH[1] == 1 && BASH_REMATCH[2] < 11)); then
    fail "This is $(head -n 1 <<<"$said"), and 1.11 or later is needed: https://developer.hashicorp.com/terraform/install"
  fi
}

tf() { terraform -chdir=terraform "$@"; }

# visibly COMMAND... runs a command of Terraform, and shows and keeps its output. tee outlives Ctrl-C: Terraform then still
# has to store its state, and without a reader it would be killed.
visibly() { tf "$1" -input=false -no-color "${@:2}" 2>&1 | tee -i "$ERRORS"; }

open_state() {
  settle visibly init -reconfigure "-backend-config=bucket=$STATE" >&2 ||
    give_up "Terraform cannot read its state in gs://$STATE, or get its providers."
}

# open_deployment opens the state, writes the sources, and sets VARS.
open_deployment() {
  local file
  open_state
  "${GO:-go}" run ./terraform/stage terraform/staged
  gcloud storage cp "gs://$STATE/*.tfvars*" "$WORK" 2>"$ERRORS" || [[ $(reason) == *"matched no objects"* ]] ||
    { cat "$ERRORS" >&2 && give_up "The settings of the deployment cannot be read."; }
  [ -z "${SETTINGS-}" ] || cp "$SETTINGS" "$WORK/settings.tfvars"
  [ -z "${LISTENERS-}" ] || printf '{"listeners":%s}\n' "$LISTENERS" >"$WORK/listeners.tfvars.json"
  VARS=()
  for file in "$WORK/settings.tfvars" "$WORK/listeners.tfvars.json"; do
    [ ! -e "$file" ] || VARS+=("-var-file=$file")
  done
  VARS+=(-var "project=$PROJECT" -var "region=$REGION")
}

store_settings() {
  [ -n "${SETTINGS-}${LISTENERS-}" ] || return 0
  ask storage cp "$WORK"/*.tfvars* "gs://$STATE" || give_up "The settings could not be stored; nothing was changed."
}

# refuse_deletions ends the script if the plan that was shown last deletes plays, tables or tokens.
refuse_deletions() {
  if doomed 'google_secret_manager_secret\.'; then
    fail "This would delete a token. LISTENERS has to name every listener. To remove one: make forget PROJECT=$PROJECT LISTENER=..." "Nothing was changed."
  elif doomed 'google_storage_bucket\.lake|google_bigquery_(dataset\.insights|table\.table)'; then
    fail "This would delete the lake or a table. Check whether a name in SETTINGS is different. Nothing was changed."
  fi
}
doomed() { grep -E "^ *# ($1)[^ ]* .*(destroyed|replaced)" "$ERRORS" >&2; }
