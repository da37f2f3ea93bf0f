#!/usr/bin/env bash
# Uploads a listener's privacy export to the project, and shows its import until the plays are on the page.
LISTENER=${LISTENER:-me}
FILE=${FILE-}
FILE=${FILE/#\~\//$HOME/}           # not every shell replaces it in FILE=~/...
[[ $FILE == /* ]] || FILE=$PWD/$FILE # project.sh changes the folder
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
wants_listener
{ [ -f "$FILE" ] && [ -r "$FILE" ]; } ||
  fail "FILE=$FILE is not a readable file: give the zip that Spotify sent: make import PROJECT=$PROJECT FILE=my_spotify_data.zip"
find_deployment
find_listener
check_login
export LISTENER GOOGLE_CLOUD_PROJECT=$PROJECT
exec bin/local import "$FILE"
