#!/usr/bin/env bash
# Asks a listener for Spotify's consent in a browser on this machine, and stores the token in the project's secrets.
LISTENER=${LISTENER:-me}
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
wants_listener
export GOOGLE_CLOUD_PROJECT=$PROJECT
exec bin/local connect "$LISTENER"
