package commands

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gcloud has the commands of gcloud that are used or named here, one a line, with their own flags. They were compared
// with Google Cloud SDK 528.
//
//go:embed testdata/gcloud.txt
var gcloud string

// unknown reports what of a call is not gcloud's, or "".
func unknown(call string) string {
	rest, ok := strings.CutPrefix(call, "gcloud ")
	if !ok {
		return ""
	}
	for line := range strings.Lines(gcloud) {
		command, flags, _ := strings.Cut(strings.TrimSpace(line)+" ", " --")
		if rest != strings.TrimSpace(command) && !strings.HasPrefix(rest, strings.TrimSpace(command)+" ") {
			continue
		}
		for _, flag := range regexp.MustCompile(` --[a-z0-9-]+`).FindAllString(rest, -1) {
			if !strings.Contains(" --"+flags+" --project --format --filter --quiet ", flag+" ") {
				return fmt.Sprintf("%q: there is no flag%s", call, flag)
			}
		}
		return ""
	}
	return fmt.Sprintf("%q: there is no such command", call)
}

// texts are the files that name commands: documents, scripts, programs and the configuration.
func texts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../.github/*.md", "../../functions/*.md", "../../test/*.md", "../*.md", "*.sh", "../*.tf", "../operations/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing is at %s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(content)
		}
	}
	return texts
}

func TestEveryNamedGcloudCommandExists(t *testing.T) {
	named := regexp.MustCompile("gcloud (?:beta )?[a-z]+(?:-[a-z]+)* [a-z][^`\"';)|\n]*")
	for file, text := range texts(t) {
		for _, call := range named.FindAllString(text, -1) {
			call, _, _ = strings.Cut(call, ". ")
			if problem := unknown(call); problem != "" {
				t.Errorf("%s: %s", file, problem)
			}
		}
	}
}

// code matches code in Markdown: fenced blocks and `...`.
var code = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")

func TestEveryNamedMakeCommandExists(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, rule := range regexp.MustCompile(`(?m)^([a-z][a-z -]*):`).FindAllStringSubmatch(string(makefile), -1) {
		targets = append(targets, strings.Fields(rule[1])...)
	}
	found, texts := 0, texts(t)
	for file, text := range texts {
		document := strings.HasSuffix(file, ".md")
		if document {
			text = strings.Join(code.FindAllString(text, -1), "\n")
		}
		for _, named := range regexp.MustCompile("\\bmake ([a-z][a-z-]*)([^\n`,;(]*)").FindAllStringSubmatch(text, -1) {
			target, arguments := named[1], regexp.MustCompile(`\b([A-Z_]+)=`).FindAllStringSubmatch(named[2], -1)
			if !document && len(arguments) == 0 {
				continue // a sentence
			}
			found++
			if !slices.Contains(targets, target) {
				t.Errorf("%s: there is no `make %s`", file, target)
			}
			script := texts[target+".sh"] // "" for a target that is not one of these scripts
			for _, a := range arguments {
				if script != "" && !strings.Contains(script+texts["project.sh"]+texts["terraform.sh"], a[1]) {
					t.Errorf("%s: `make %s` has no argument %s", file, target, a[1])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d commands were found", found)
	}
}

// The documents lead to a change by the names of files, so each named file has to exist.
func TestEveryNamedFileExists(t *testing.T) {
	path := regexp.MustCompile("`((?:functions|shared|terraform|test|\\.github|\\.ci)/[A-Za-z0-9_./*-]+)`")
	found := 0
	for file, text := range texts(t) {
		if !strings.HasSuffix(file, ".md") {
			continue
		}
		for _, named := range path.FindAllStringSubmatch(text, -1) {
			found++
			if files, err := filepath.Glob("../../" + named[1]); err != nil || len(files) == 0 && named[1] != "terraform/staged" {
				t.Errorf("%s: there is no file %s", file, named[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d files were found", found)
	}
}
