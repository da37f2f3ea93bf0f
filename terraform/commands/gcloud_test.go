package commands

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gcloud's commands and their flags, as far as they are used or named here: compared with those of
// Google Cloud SDK 528. Every command has --project, --format, --filter and --quiet.
var gcloud = map[string][]string{
	"auth application-default login":              {},
	"auth application-default print-access-token": {},
	"auth application-default set-quota-project":  {},
	"auth list":                       {},
	"auth login":                      {},
	"beta services identity create":   {"--service"},
	"billing accounts list":           {},
	"billing projects describe":       {},
	"billing projects link":           {"--billing-account"},
	"eventarc triggers list":          {"--location"},
	"logging read":                    {"--freshness", "--limit"},
	"projects add-iam-policy-binding": {"--member", "--role"},
	"projects create":                 {},
	"projects describe":               {},
	"projects list":                   {},
	"projects undelete":               {},
	"run regions list":                {},
	"run services proxy":              {"--port", "--region"},
	"scheduler jobs list":             {"--location"},
	"scheduler jobs pause":            {"--location"},
	"scheduler jobs resume":           {"--location"},
	"scheduler jobs run":              {"--location"},
	"secrets delete":                  {},
	"secrets describe":                {},
	"secrets list":                    {},
	"secrets versions list":           {},
	"services enable":                 {},
	"services list":                   {"--enabled"},
	"storage buckets create":          {"--location", "--public-access-prevention", "--uniform-bucket-level-access"},
	"storage buckets list":            {},
	"storage buckets update":          {"--versioning"},
	"storage cat":                     {},
	"storage cp":                      {},
	"storage rm":                      {"--recursive"},
}

// strange says what is not gcloud's in a call of it.
func strange(call string) string {
	words := strings.Fields(call)
	if words[0] != "gcloud" {
		return ""
	}
	for n := len(words); n > 1; n-- {
		flags, ok := gcloud[strings.Join(words[1:n], " ")]
		if !ok {
			continue
		}
		for _, word := range words[n:] {
			flag, _, _ := strings.Cut(word, "=")
			if strings.HasPrefix(flag, "--") && !slices.Contains(flags, flag) && !slices.Contains([]string{"--project", "--format", "--filter", "--quiet"}, flag) {
				return fmt.Sprintf("%q: there is no %s", call, flag)
			}
		}
		return ""
	}
	return fmt.Sprintf("%q: there is no such command", call)
}

// The texts that tell a person what to type.
func texts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../.github/*.md", "../../functions/*.md", "../../test/*.md", "../*.md", "*.sh", "../*.tf"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing is at %s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(content)
		}
	}
	return texts
}

func TestEveryGcloudCommandThatIsNamedExists(t *testing.T) {
	told := regexp.MustCompile("gcloud (?:beta )?[a-z]+(?:-[a-z]+)* [a-z][^`\"';)|\n]*")
	for file, text := range texts(t) {
		for _, call := range told.FindAllString(text, -1) {
			call, _, _ = strings.Cut(call, ". ")
			if problem := strange(call); problem != "" {
				t.Errorf("%s: %s", file, problem)
			}
		}
	}
}

// code finds what is code in Markdown: indented and fenced blocks and `...`.
var code = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")

func TestEveryMakeCommandThatIsNamedExists(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, rule := range regexp.MustCompile(`(?m)^([a-z][a-z -]*):`).FindAllStringSubmatch(string(makefile), -1) {
		for _, target := range strings.Fields(rule[1]) {
			targets[target] = true
		}
	}
	found := 0
	command := regexp.MustCompile("\\bmake ([a-z][a-z-]*)([^\n`,;(]*)")
	argument := regexp.MustCompile(`\b([A-Z_]+)=`)
	for file, text := range texts(t) {
		if strings.HasSuffix(file, ".md") {
			text = strings.Join(code.FindAllString(text, -1), "\n")
		}
		for _, told := range command.FindAllStringSubmatch(text, -1) {
			target, arguments := told[1], argument.FindAllStringSubmatch(told[2], -1)
			if !strings.HasSuffix(file, ".md") && len(arguments) == 0 {
				continue // a sentence
			}
			found++
			if !targets[target] {
				t.Errorf("%s: there is no `make %s`", file, target)
				continue
			}
			script, err := os.ReadFile(target + ".sh")
			if err != nil {
				continue // not one of these commands
			}
			shared, err := os.ReadFile("project.sh")
			if err != nil {
				t.Fatal(err)
			}
			more, err := os.ReadFile("terraform.sh")
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range arguments {
				if !strings.Contains(string(script)+string(shared)+string(more), a[1]) {
					t.Errorf("%s: `make %s` takes no %s", file, target, a[1])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d commands were found", found)
	}
}
