package commands

import (
	"strings"
	"testing"
)

func TestPlan(t *testing.T) {
	show := []string{"plan", "PROJECT=some-project"}
	const listeners = `LISTENERS={"me":{"time_zone":"Europe/Berlin"}}`
	calls := func(variables string) []string {
		return join("terraform version", located, login, access, opened, plan+" -input=false -no-color -lock=false -detailed-exitcode "+variables)
	}
	differs := func(text string) []answer { return deployed(answer{call: plan, says: text, exit: 2}) }
	drift := "differs from the code, as shown above: it was changed by hand, or a change was not deployed. This makes it as the code says:\n  make deploy PROJECT=some-project\n"
	tests := []command{
		{name: "no change", make: show, answers: deployed(), wantCalls: calls(away), wantSaid: []string{"some-project is as the code says."}},
		{name: "a change", make: show, answers: differs("  # google_storage_bucket_object.source[\"load\"] must be replaced"), wantCalls: calls(away),
			wantSaid: []string{`source["load"] must be replaced`, "Nothing was changed. To apply these changes: make deploy PROJECT=some-project\n"}},
		{name: "with listeners, which are not stored", make: append(show, listeners), answers: differs("a listener"), wantCalls: calls("-var-file=$WORK/listeners.tfvars.json " + away),
			wantSaid: []string{"make deploy PROJECT=some-project " + strings.Replace(listeners, "=", "='", 1) + "'\n"}},
		{name: "with settings", make: append(show, "SETTINGS=Makefile"), answers: deployed(), wantCalls: calls("-var-file=$WORK/settings.tfvars " + away)},
		{name: "no drift", make: append(show, "DRIFT=yes"), answers: deployed(), wantCalls: calls(away), wantSaid: []string{"some-project is as the code says."}},
		{name: "drift", make: append(show, "DRIFT=yes"), answers: differs("  # google_cloud_scheduler_job.job[\"features\"] will be updated in-place"), wantFail: true,
			wantCalls: calls(away), wantSaid: []string{`job["features"] will be updated`, drift}},
		{name: "a token would be deleted", make: append(show, listeners), answers: differs("  # google_secret_manager_secret.token[\"sister\"] will be destroyed"), wantFail: true,
			wantSaid: []string{"This would delete a token", "make forget PROJECT=some-project LISTENER="}},
		{name: "a table would be deleted", make: show, answers: differs("  # google_bigquery_table.table[\"plays\"] must be replaced"), wantFail: true,
			wantSaid: []string{"This would delete the lake or a table"}},
		{name: "a change whose text is that of a passing error", make: show, answers: differs("  # Service Agent"), wantCalls: calls(away)},
		{name: "no plan", make: append(show, "DRIFT=yes"), answers: deployed(answer{call: plan, says: "Error: no time zone", fails: true}), wantFail: true,
			wantCalls: calls(away), wantSaid: []string{"no time zone", "Terraform could not make a plan.", "make plan PROJECT=some-project DRIFT='yes'"}},
		{name: "a service that was just switched on", make: show, answers: deployed(answer{call: plan, says: "Error 403: SERVICE_DISABLED", fails: true, times: 1}),
			wantCalls: join(calls(away), waits[0], calls(away)[len(calls(away))-1])},
		{name: "nothing is deployed", make: show, wantFail: true, wantCalls: join("terraform version", located), wantSaid: []string{"Nothing is deployed in some-project: make deploy PROJECT=some-project"}},
		{name: "in another region", make: append(show, "REGION=us-central1"), answers: deployed(), wantFail: true, wantSaid: []string{"deployed in europe-west1 and cannot move to us-central1"}},
	}
	for _, tt := range tests {
		tt.untouched = true
		t.Run(tt.name, tt.test)
	}
}
