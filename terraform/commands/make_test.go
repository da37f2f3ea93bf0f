package commands

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// targets are the Makefile's, each with the arguments that its help names.
func makeTargets(t *testing.T) map[string][]string {
	t.Helper()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	rule := regexp.MustCompile(`^([a-z][a-z-]*):[^#]*## (.*)`)
	argument := regexp.MustCompile(`\b[A-Z][A-Z_]+\b`)
	found, inProject := map[string][]string{}, false
	for line := range strings.Lines(string(makefile)) {
		if strings.HasPrefix(line, "##@ ") {
			inProject = strings.Contains(line, "every target needs PROJECT=")
		}
		if r := rule.FindStringSubmatch(line); r != nil {
			found[r[1]] = argument.FindAllString(r[2], -1)
			if inProject {
				found[r[1]] = append(found[r[1]], "PROJECT")
			}
		}
	}
	return found
}

var (
	// In a sentence, "make" has other words after it.
	makes  = regexp.MustCompile("\\bmake ([a-z][a-z-]*)((?: [A-Z][A-Z_]*=(?:'[^'\n]*'|[^\\s`]*))*)")
	words  = []string{"a", "it", "no", "sure", "the", "them"}
	passed = regexp.MustCompile(` ([A-Z][A-Z_]*)=`)
	// The environment of a workflow's job is the arguments of its command.
	job = regexp.MustCompile(`(?m)^  [a-z]+:(?:\n(?:    .*)?)*`)
	env = regexp.MustCompile(`(?m)^      ([A-Z_]+): `)
)

func TestEveryNamedMakeCommandExists(t *testing.T) {
	found, targets := 0, makeTargets(t)
	check := func(file, target string, arguments [][]string) {
		allowed, ok := targets[target]
		if !ok {
			t.Errorf("%s: there is no `make %s`", file, target)
			return
		}
		found++
		for _, a := range arguments {
			if !slices.Contains(allowed, a[1]) {
				t.Errorf("%s: the help of `make %s` names no argument %s", file, target, a[1])
			}
		}
	}
	for file, text := range texts(t) {
		for _, command := range makes.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(words, command[1]) {
				check(file, command[1], passed.FindAllStringSubmatch(command[2], -1))
			}
		}
		if strings.HasSuffix(file, ".yml") {
			for _, j := range job.FindAllString(text, -1) {
				for _, command := range makes.FindAllStringSubmatch(j, -1) {
					check(file, command[1], env.FindAllStringSubmatch(j, -1))
				}
			}
		}
	}
	if found < 150 {
		t.Errorf("only %d commands were found", found)
	}
}

// What the help of a script's target names, the script or those that it shares read.
func TestEveryNamedArgumentIsRead(t *testing.T) {
	texts := texts(t)
	const folder = "../../terraform/commands/"
	shared := texts[folder+"project.sh"] + texts[folder+"terraform.sh"]
	for target, arguments := range makeTargets(t) {
		script := texts[folder+target+".sh"]
		if script == "" || target == "test" {
			continue
		}
		for _, a := range arguments {
			if !regexp.MustCompile(`\b` + a + `\b`).MatchString(script + shared) {
				t.Errorf("the help of `make %s` names %s, which it does not read", target, a)
			}
		}
	}
}
