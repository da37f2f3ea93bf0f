#!/usr/bin/env bash
# Serves the private page on this machine: forwards requests with the login of gcloud.
PORT=${PORT:-8080}
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
wants PORT '^[1-9][0-9]{0,4}$' "a port such as 8080"
[ -z "${LISTENER-}" ] || wants_listener
find_deployment
echo "The page: http://127.0.0.1:$PORT/${LISTENER:+?listener=$LISTENER} (Ctrl-C ends it)"
exec gcloud run services proxy dashboard --port="$PORT" --region="$REGION" --project="$PROJECT"
