package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The scripts and this program check what they share in the same way, and say the same: terraform/commands/project.sh has it in
// bash.
func TestArgumentsAreThoseOfTheScripts(t *testing.T) {
	names := []string{"PROJECT", "REGION", "LISTENER"}
	for _, values := range [][3]string{
		{"some-project", "", "me"}, {"music-4f3a", "europe-west1", "sister-in-law2"}, {"a12345", "us-east5", strings.Repeat("a", 31)}, {"a" + strings.Repeat("1", 29), "northamerica-northeast2", "a-"},
		{"", "", "me"}, {"123456789012", "", "me"}, {"My Project", "", "me"}, {"a1234", "", "me"}, {"a" + strings.Repeat("1", 30), "", "me"}, {"some-project-", "", "me"}, {"some-project\nx", "", "me"}, {"pröject", "", "me"}, {"some_project", "", "me"},
		{"some-project", "us-central1-a", "me"}, {"some-project", "EU", "me"}, {"some-project", "europe-west0", "me"}, {"some-project", "europe-west123", "me"}, {"some-project", "europe-west1\n", "me"},
		{"some-project", "", ""}, {"some-project", "", "Me"}, {"some-project", "", "1a"}, {"some-project", "", "../me"}, {"some-project", "", "é"}, {"some-project", "", strings.Repeat("a", 32)}, {"some-project", "", "me\n"},
	} {
		for i, name := range names {
			t.Setenv(name, values[i])
		}
		t.Setenv("SINCE", "")
		script := exec.Command("bash", "-c", ". ./terraform/commands/project.sh; wants_listener", "forget")
		script.Dir, script.Env = "../..", os.Environ()
		output, failed := script.CombinedOutput()
		_, err := readArguments("forget")
		said := ""
		if err != nil {
			said = told(err)
		}
		// The program has what to do next in a line of its own, and no full stop at its end.
		plain := strings.NewReplacer("number.", "number", "\n", " ").Replace
		if want, got := strings.TrimRight(plain(string(output)), ". "), strings.TrimRight(plain(said), " "); want != got || (failed == nil) != (err == nil) {
			t.Errorf("%q: the script says %q, the program %q", values, want, got)
		}
	}
}
