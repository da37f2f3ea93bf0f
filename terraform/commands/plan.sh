#!/usr/bin/env bash
# Shows what a deploy would change, and changes nothing: the state is not locked, no service is enabled, no setting is
# stored. DRIFT=yes fails if the project differs from the code.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
# shellcheck source-path=SCRIPTDIR source=terraform.sh
. terraform/commands/terraform.sh
# shellcheck source-path=SCRIPTDIR source=requirements.sh
. terraform/commands/requirements.sh

check_settings
[ -z "${DRIFT-}" ] || wants DRIFT '^yes$' "yes, or leave it out"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_terraform
find_deployment
check_login
check_access
open_deployment

changes=''
compare() { # with -detailed-exitcode, 2 means that there are changes
  local status=0
  visibly plan -lock=false -detailed-exitcode "${VARS[@]}" || status=$?
  [ "$status" != 2 ] || changes=yes
  [ "$status" = 0 ] || [ "$status" = 2 ]
}
settle compare || give_up "Terraform could not make a plan."
refuse_deletions
[ -n "$changes" ] || { echo "$PROJECT is as the code says." && exit; }
deploy=${AGAIN/#make plan/make deploy}
deploy=${deploy/ DRIFT=\'yes\'/}
[ -z "${DRIFT-}" ] || fail "$PROJECT differs from the code, as shown above: it was changed by hand, or a change was not deployed. This makes it as the code says:" \
  "  $deploy"
echo "Nothing was changed. To apply these changes: $deploy"
