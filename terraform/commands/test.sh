#!/usr/bin/env bash
# Checks the Terraform configuration: its format, that it is valid, and the promises in terraform/tests. The argument
# "validate" leaves out the promises, which take minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1

promises=$(cat terraform/tests/*.tftest.hcl | grep -c '^run "')
skip() {
  echo "SKIPPED: $1, so whether terraform/*.tf is valid, and the $promises promises in terraform/tests, were not checked."
  exit 0
}
command -v terraform >/dev/null || skip "Terraform (https://developer.hashicorp.com/terraform/install) is not installed"

"${GO:-go}" run ./terraform/stage terraform/staged
terraform fmt -check -diff -recursive terraform
# The configuration is linked into a folder of its own, so that neither the state nor the lock file of a deployment from
# this checkout is opened or changed.
work=terraform/.terraform/test
mkdir -p "$work/terraform"
rm -f "$work"/{shared,functions} "$work"/terraform/*
ln -s "$PWD"/{shared,functions} "$work"
ln -s "$PWD"/terraform/* "$work/terraform"
cd "$work/terraform"
said=$(terraform init -backend=false -upgrade -input=false -no-color 2>&1) || {
  echo "$said"
  [[ $said != *"could not connect to"* && $said != *"list of available versions"* ]] || skip "Terraform's registry cannot be reached"
  exit 1
}
terraform validate -no-color
if [ "${1:-}" = validate ]; then
  echo "make test-terraform tests the $promises promises in terraform/tests"
else
  terraform test -no-color
fi
