package commands

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// texts are the texts that name commands, by file: code in documents, scripts, the configuration, workflows, the
// Makefile, and strings in Go. They are without comments, which are sentences.
func texts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir("../..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && ignored[entry.Name()] {
			return fs.SkipDir
		}
		read := readers[filepath.Ext(file)]
		if entry.Name() == "Makefile" {
			read = withoutComments
		}
		if read == nil || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(file)
		texts[file] = read(string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// ignored are folders with files of others, or that make writes.
var ignored = map[string]bool{".git": true, ".terraform": true, "staged": true, "node_modules": true, "data": true, "bin": true}

var readers = map[string]func(string) string{
	".md": codeOf, ".sh": withoutComments, ".tf": withoutComments, ".yml": withoutComments, ".go": stringsOf,
}

// code matches code in Markdown: fenced blocks and `...`.
var code = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")

func codeOf(document string) string { return strings.Join(code.FindAllString(document, -1), "\n") }

var comment = regexp.MustCompile(`(?m)(^|[ \t]+)#( .*)?$`)

func withoutComments(script string) string { return comment.ReplaceAllString(script, "") }

// made matches a command that shared/advice completes, such as Command("connect", id).
var made = regexp.MustCompile(`(?:advice\.|[^.\w])Command\("([^"]+)"`)

func stringsOf(source string) string {
	var b strings.Builder
	for _, command := range made.FindAllStringSubmatch(source, -1) {
		b.WriteString("make " + command[1] + "\n")
	}
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(source)), []byte(source), nil, 0)
	for {
		_, kind, literal := s.Scan()
		if kind == token.EOF {
			return b.String()
		}
		if text, err := strconv.Unquote(literal); kind == token.STRING && err == nil {
			b.WriteString(text + "\n")
		}
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
