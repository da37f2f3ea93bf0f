package commands

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each job of the delivery has an account of its own, so that neither a pull request nor the gate can deploy. The document
// says how to set every variable, and whom Google gives which account.
func TestDelivery(t *testing.T) {
	texts := texts(t)
	workflow, document := texts["../../.github/workflows/deliver.yml"], texts["../../terraform/README.md"]
	var accounts []string
	for _, j := range job.FindAllString(workflow, -1) {
		account := regexp.MustCompile(`service_account: \$\{\{ vars\.([A-Z_]+) \}\}`).FindStringSubmatch(j)
		if account == nil {
			continue // not a job
		}
		name, _, _ := strings.Cut(strings.TrimSpace(j), ":")
		accounts = append(accounts, name+" "+account[1])
		if !strings.Contains(j, "if: vars."+account[1]+" != '' && ") {
			t.Errorf("%s runs without %s", name, account[1])
		}
		if (account[1] == "DEPLOY_ACCOUNT") != strings.Contains(j, "\n    environment: production") {
			t.Errorf("%s uses %s in another environment than the one that Google asks for", name, account[1])
		}
	}
	if want := []string{"plan PLAN_ACCOUNT", "smoke SMOKE_ACCOUNT", "deploy DEPLOY_ACCOUNT"}; !slices.Equal(accounts, want) {
		t.Errorf("the accounts are %q, want %q", accounts, want)
	}
	for _, v := range regexp.MustCompile(`\bvars\.([A-Z_]+)`).FindAllStringSubmatch(workflow, -1) {
		if !strings.Contains(document, "gh variable set "+v[1]+" ") && !strings.Contains(document, "`"+v[1]+"`") {
			t.Errorf("terraform/README.md does not say how to set %s", v[1])
		}
	}
	// One account has one binding: to a pull request of any branch, to main, and to main in the environment.
	for account, who := range map[string]string{
		"plan": "attribute.repository_id/$repository", "gate": "attribute.ref/refs/heads/main", "deploy": "attribute.may/deploy",
	} {
		bound := regexp.MustCompile(`add-iam-policy-binding \$`+account+` .*\\\n.*--member=principalSet://iam\.googleapis\.com/\$pool/(\S+)`).FindAllStringSubmatch(document, -1)
		if len(bound) != 1 || bound[0][1] != who {
			t.Errorf("$%s is bound to %q, want %s", account, bound, who)
		}
	}
	if !strings.Contains(document, "attribute.may=assertion.ref == 'refs/heads/main' && assertion.sub.endsWith(':environment:production') ? 'deploy' : 'not-deploy'") {
		t.Error("another job than that of main in the environment production may deploy")
	}
}
