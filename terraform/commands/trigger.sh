#!/usr/bin/env bash
# Ingests a listener's plays now, with the job that Scheduler runs every hour.
LISTENER=${LISTENER:-me}
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
wants_listener
find_deployment
find_listener
gcloud scheduler jobs run "ingest-$LISTENER" --location="$REGION" --project="$PROJECT"
echo "Ingesting. In a minute: make doctor PROJECT=$PROJECT, or make logs PROJECT=$PROJECT"
