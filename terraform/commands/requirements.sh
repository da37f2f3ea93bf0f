# shellcheck shell=bash disable=SC2154 # failures.sh sets the texts
# What a deployment needs of a project before anything is made in it.

check_billing() {
  local answer enabled account
  answer=$(ask billing projects describe "$PROJECT" --format='value(billingEnabled,billingAccountName.basename())') ||
    give_up "Cannot read whether $PROJECT has billing."
  read -r enabled account <<<"$answer"
  [ "$enabled" = True ] || fail "$PROJECT has no open billing account${account:+: $account is closed, and can be reopened at https://console.cloud.google.com/billing}. Link one:" "${link_billing[@]}"
}

# check_access checks that the calls of Terraform's login count for the project. It needs services that are on.
check_access() {
  CLOUDSDK_AUTH_ACCESS_TOKEN=$TOKEN ask projects describe "$PROJECT" --billing-project="$PROJECT" --format='value(projectId)' >/dev/null ||
    give_up "Terraform's login cannot use $PROJECT."
}

# check_public_page checks whether a policy of the organisation forbids a page for everybody. Terraform reports it where
# this login may not read the policy.
check_public_page() {
  local allowed
  [[ ${LISTENERS-} =~ \"public\"[[:space:]]*:[[:space:]]*true ]] || return 0
  allowed=$(gcloud resource-manager org-policies describe iam.allowedPolicyMemberDomains --effective --project="$PROJECT" \
    --format='value(listPolicy.allowedValues)' 2>/dev/null || true)
  [ -z "$allowed" ] || fail "Nothing was changed." "${public_is_forbidden[@]}"
}

# grant_agents gives Google's own agents their roles, without which the first trigger of a project fails. Google creates
# them on request and without the roles. Other triggers of the project need them too, so that they are granted here:
# Terraform would take away with the deployment what it has granted.
grant_agents() {
  local number agent
  number=$(ask projects describe "$PROJECT" --format='value(projectNumber)') || give_up "The number of $PROJECT cannot be read."
  ask beta services identity create --service=eventarc.googleapis.com --project="$PROJECT" >/dev/null || give_up "Eventarc's agent could not be created."
  agent=$(ask storage service-agent --project="$PROJECT") || give_up "The agent of Cloud Storage could not be created."
  grant "service-$number@gcp-sa-eventarc.iam.gserviceaccount.com" roles/eventarc.serviceAgent
  grant "$agent" roles/pubsub.publisher # each trigger on a bucket has its own topic, whose name is not known before
}

grant() { # ACCOUNT ROLE
  ask projects add-iam-policy-binding "$PROJECT" --member="serviceAccount:$1" --role="$2" --condition=None >/dev/null || give_up "$1 could not be granted $2."
}
