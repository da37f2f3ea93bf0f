// Command adopt writes Terraform's import blocks for resources that exist and are not in the state: those that a killed
// deploy made in its last seconds, after Terraform had stored its state for the last time. It reads a plan that creates
// them, as JSON:
//
//	terraform show -json PLAN | go run ./terraform/adopt ADDRESS...
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
)

// ids are the ids by which the provider imports resources whose name is fixed, made of their attributes. The id of any
// other resource is made by Google, so that creating it again succeeds.
var ids = map[string]string{
	"google_artifact_registry_repository": "projects/{project}/locations/{location}/repositories/{repository_id}",
	"google_bigquery_dataset":             "projects/{project}/datasets/{dataset_id}",
	"google_bigquery_table":               "projects/{project}/datasets/{dataset_id}/tables/{table_id}",
	"google_cloud_scheduler_job":          "projects/{project}/locations/{region}/jobs/{name}",
	"google_cloudfunctions2_function":     "projects/{project}/locations/{location}/functions/{name}",
	"google_logging_metric":               "{project} {name}",
	"google_monitoring_custom_service":    "projects/{project}/services/{service_id}",
	"google_monitoring_slo":               "projects/{project}/services/{service}/serviceLevelObjectives/{slo_id}",
	"google_pubsub_subscription":          "projects/{project}/subscriptions/{name}",
	"google_pubsub_topic":                 "projects/{project}/topics/{name}",
	"google_secret_manager_secret":        "projects/{project}/secrets/{secret_id}",
	"google_service_account":              "projects/{project}/serviceAccounts/{account_id}@{project}.iam.gserviceaccount.com",
	"google_storage_bucket":               "{project}/{name}",
}

// plan is what is read of a plan: https://developer.hashicorp.com/terraform/internals/json-format.
type plan struct {
	Variables map[string]struct {
		Value any `json:"value"`
	} `json:"variables"`
	Changes []struct {
		Address string `json:"address"`
		Type    string `json:"type"`
		Change  struct {
			After map[string]any `json:"after"`
		} `json:"change"`
	} `json:"resource_changes"`
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: terraform show -json PLAN | go run ./terraform/adopt ADDRESS...")
		os.Exit(2)
	}
	if err := adopt(os.Stdin, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "adopt:", err)
		os.Exit(1)
	}
}

// adopt writes a block for each address.
func adopt(in io.Reader, out io.Writer, addresses []string) error {
	var p plan
	if err := json.NewDecoder(in).Decode(&p); err != nil {
		return fmt.Errorf("reading the plan: %w", err)
	}
	for _, address := range addresses {
		id, err := p.id(address)
		if err != nil {
			return fmt.Errorf("resource %s: %w", address, err)
		}
		if _, err := fmt.Fprintf(out, "import {\n  to = %s\n  id = %q\n}\n", address, id); err != nil {
			return err
		}
	}
	return nil
}

var attribute = regexp.MustCompile(`\{(\w+)\}`)

func (p plan) id(address string) (id string, err error) {
	for _, c := range p.Changes {
		if c.Address != address {
			continue
		}
		if ids[c.Type] == "" {
			return "", errors.New("it has no fixed name by which it can be imported: remove it in the console, and deploy again")
		}
		id = attribute.ReplaceAllStringFunc(ids[c.Type], func(name string) string {
			name = name[1 : len(name)-1]
			value, ok := c.Change.After[name].(string)
			if name == "project" { // the provider's, which a plan does not repeat
				value, ok = p.Variables[name].Value.(string)
			}
			if !ok {
				err = fmt.Errorf("its %s is not in the plan", name)
			}
			return value
		})
		return id, err
	}
	return "", errors.New("the plan does not have it")
}
