#!/usr/bin/env bash
# Runs the functions end to end on a project's Cloud Storage and BigQuery, in their own buckets and datasets, which are
# removed at the end. A deployment in the project is not touched.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
needs "${GO:-go}" "Go 1.26: https://go.dev/dl"
check_project
check_login
export SMOKE_PROJECT=$PROJECT
# The timeout is longer than the test's own limit, so that the test always removes what it created.
exec "${GO:-go}" test -count=1 -v -timeout=45m -run='^TestSmoke$' ./test/smoke
