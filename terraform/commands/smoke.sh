#!/usr/bin/env bash
# Runs the functions end to end on a project's Cloud Storage and BigQuery, in buckets and datasets of their
# own that are removed in the end. What is deployed in the project is not touched.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_project
check_login
export SMOKE_PROJECT=$PROJECT
# The time is more than the test gives itself, so that it always comes to removing what it has made.
exec "${GO:-go}" test -count=1 -v -timeout=45m -run='^TestSmoke$' ./test/smoke
