#!/usr/bin/env bash
# Opens the private page on this machine: passes requests on with the login that gcloud has.
PORT=${PORT:-8080}
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
wants PORT '^[1-9][0-9]{0,4}$' "a port such as 8080"
[ -z "${LISTENER-}" ] || wants_listener
find_deployment
echo "The page: http://127.0.0.1:$PORT/${LISTENER:+?listener=$LISTENER} (Ctrl-C ends it)"
exec gcloud run services proxy dashboard --port="$PORT" --region="$REGION" --project="$PROJECT"
