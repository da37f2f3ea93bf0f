#!/usr/bin/env bash
# Shows the functions' log lines, newest first: time, severity, function, message, listener, object, error and action.
SINCE=${SINCE:-1d}
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
wants SINCE '^[1-9][0-9]{0,3}[mhdw]$' "how far back, such as 3h or 7d"
[ -z "${LISTENER-}" ] || wants_listener
check_project

names='"dashboard-public"'
for folder in functions/*/; do
  name=$(basename "$folder")
  [ "$name" = local ] || names+=" OR \"$name\""
done
filter="resource.type=\"cloud_run_revision\" AND resource.labels.service_name=($names) AND (jsonPayload.message:* OR textPayload:*)"
[ -z "${LISTENER-}" ] || filter+=" AND jsonPayload.listener=\"$LISTENER\""
fields='firstof(jsonPayload.message,textPayload),jsonPayload.listener,jsonPayload.object,jsonPayload.error,jsonPayload.action'
gcloud logging read "$filter" --project="$PROJECT" --freshness="$SINCE" --limit=200 \
  --format="value[separator='  '](timestamp.date('%Y-%m-%d %H:%M:%S',tz=LOCAL),severity,resource.labels.service_name,$fields)"
