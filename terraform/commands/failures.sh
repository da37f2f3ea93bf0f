# shellcheck shell=bash
# Failed calls: what passes by itself in a new project is tried again, and every other end names the next step. A call
# writes its errors to $ERRORS.
WORK=$(mktemp -d)
trap 'rm -rf "$WORK" terraform/adopted.tf' EXIT
ERRORS=$WORK/errors
rm -f terraform/adopted.tf # of a deploy that was killed

# Errors of services, accounts and grants that are new. They are not known everywhere for some time.
passing='SERVICE_DISABLED|has not been used in project|not enabled on project|Service Agent|created recently|concurrent policy changes|[Ss]ervice account [^ ]+ does not exist'
passing+='|unable to publish to Cloud Pub/Sub|Unable to retrieve the repository metadata|missing permission on the build service account'
passing+='|insights-[a-z-]+@[^ ]+ does not have|Permission "artifactregistry|Permission "eventarc\.events|iam\.service[Aa]ccounts\.actAs'
# reason prints the last errors in one line, because Terraform breaks lines anywhere.
reason() { sed 's/[│╷╵]//g' "$ERRORS" | tr -s '\n ' ' '; }
about_quota() { [[ $(reason) =~ quota\ project|USER_PROJECT_DENIED|serviceusage\.services\.use ]]; }

# existing prints the addresses of resources that Terraform could not create because they exist.
existing() {
  awk '/Error: / { exists = /Error 409: / && /lready exists|Already Exists|already own it/ }
    exists && match($0, /with .*,$/) { print substr($0, RSTART + 5, RLENGTH - 6) }' "$ERRORS"
}

# settle COMMAND... runs a command, and again for up to two minutes while its error is one that passes.
settle() {
  local wait told=''
  for wait in 5 10 15 30 30 30; do
    ! "$@" || return 0
    reason | grep -Eq "$passing" || return 1
    [ -n "$told" ] || echo "Google needs up to two minutes until a new service or account works. Nothing is wrong yet; it is tried again." >&2
    told=yes
    sleep "$wait"
  done
  "$@"
}

# ask ARGUMENTS... prints the answer of gcloud. It replaces that of project.sh.
ask() { settle quietly gcloud "$@" || { cat "$ERRORS" >&2 && return 1; }; }
quietly() { "$@" 2>"$ERRORS"; }

# give_up WHAT ends the script with what has failed, why if that is known, and the next command.
give_up() {
  local why next
  why=$(reason)
  if [[ $why == *"Error acquiring the state lock"* ]]; then
    [[ $why =~ ID:\ ([0-9a-f-]+) ]] || true
    next=("Another deploy of $PROJECT runs, or was killed: Who and Created are above. If it was killed, remove its lock and continue:"
      "  terraform -chdir=terraform force-unlock -force ${BASH_REMATCH[1]-ID}" "  $AGAIN")
  elif [[ $why =~ permitted\ customer|allowedPolicyMember ]]; then
    next=("${public_is_forbidden[@]}")
  elif [[ $why =~ constraints/([A-Za-z0-9]+(\.[A-Za-z0-9]+)*) ]]; then
    next=("A policy of your organisation, ${BASH_REMATCH[1]}, forbids this. This shows it, and its administrator has to allow it in $PROJECT:"
      "  gcloud org-policies describe ${BASH_REMATCH[1]} --effective --project=$PROJECT")
  elif [[ $why == *"bucket name is not available"* ]]; then
    next=("Another project has a bucket of that name. Choose another for the lake: write lake_bucket = \"...\" into a file, and:"
      "  make deploy PROJECT=$PROJECT SETTINGS=FILE")
  elif [ -z "${ADOPT-}" ] && [ -n "$(existing)" ]; then
    next=("These exist, and are not in Terraform's state: a killed deploy has made them in its last seconds, or they belong to something else." "$(existing)"
      "If it was a killed deploy:" "  $AGAIN ADOPT=yes")
  elif about_quota; then
    next=("Calls of this login do not count for $PROJECT. An owner of the project grants the role for that, and the login names the project:"
      "  gcloud projects add-iam-policy-binding $PROJECT --member=user:... --role=roles/serviceusage.serviceUsageConsumer"
      "  gcloud auth application-default set-quota-project $PROJECT")
  elif [[ $why =~ BILLING_DISABLED|accountDisabled|billing\ to\ be\ enabled|[Bb]illing\ (account\ for|must\ be\ enabled) ]]; then
    next=("The billing account is closed or missing. Link an open one:" "${link_billing[@]}")
  elif [[ $why =~ invalid_grant|[Rr]eauth|default\ credentials ]]; then
    next=("A login has ended:" "  gcloud auth login" "  gcloud auth application-default login" "  $AGAIN")
  elif grep -Eq "$passing" <<<"$why"; then
    next=("Google needs longer than usual. In ten minutes:" "  $AGAIN")
  elif [[ $why =~ PERMISSION_DENIED|Error\ 403|forbidden|HTTPError\ 403|does\ not\ have\ permission ]]; then
    next=("This login lacks a role of those that terraform/README.md lists. An owner of the project grants one with:"
      "  gcloud projects add-iam-policy-binding $PROJECT --member=user:... --role=roles/...")
  else
    next=("The reason is above. After it is fixed, this continues:" "  $AGAIN")
  fi
  fail "$1" "${next[@]}"
}
public_is_forbidden=("A policy of your organisation (Domain Restricted Sharing) forbids a public page: see terraform/README.md. Without \"public\":true:"
  "  make deploy PROJECT=$PROJECT LISTENERS=...")
link_billing=("  gcloud billing accounts list" "  gcloud billing projects link $PROJECT --billing-account=ID")
