package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/term"
)

// errStopped is the error of a question that Ctrl-C ends.
var errStopped = errors.New("stopped, and nothing has changed")

// terminal asks the person who runs a command.
type terminal struct {
	in    *os.File
	lines *bufio.Reader
	// person reports whether somebody is there to type. Without one, answers can come through a pipe.
	person bool
}

func openTerminal(in *os.File) *terminal {
	return &terminal{in, bufio.NewReader(in), term.IsTerminal(int(in.Fd()))}
}

// answers reports whether an answer can be expected at all: none comes from /dev/null.
func (t *terminal) answers() bool {
	info, err := t.in.Stat()
	return t.person || err == nil && info.Mode()&fs.ModeCharDevice == 0
}

// ask asks a question. The answer is empty where nobody answers.
func (t *terminal) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(os.Stderr, question)
	return t.read(ctx, t.line)
}

// askHidden asks for a secret: what is typed is not shown.
func (t *terminal) askHidden(ctx context.Context, question string) (string, error) {
	if !t.person {
		return t.ask(ctx, question)
	}
	fmt.Fprint(os.Stderr, question)
	before, err := term.GetState(int(t.in.Fd()))
	if err != nil {
		return "", fmt.Errorf("hiding what is typed: %w", err)
	}
	defer func() {
		_ = term.Restore(int(t.in.Fd()), before) // where ctx has ended while somebody was typing
		fmt.Fprintln(os.Stderr)
	}()
	return t.read(ctx, func() (string, error) {
		typed, err := term.ReadPassword(int(t.in.Fd()))
		return string(typed), err
	})
}

func (t *terminal) line() (string, error) { return t.lines.ReadString('\n') }

// read reads until ctx ends. A read that was given up goes on in the background, so nothing may be read after it.
func (t *terminal) read(ctx context.Context, from func() (string, error)) (string, error) {
	answer := make(chan string, 1)
	go func() {
		text, _ := from() // the end of the input is an empty answer
		answer <- strings.TrimSpace(text)
	}()
	select {
	case <-ctx.Done():
		return "", errStopped
	case text := <-answer:
		return text, nil
	}
}

// rest returns the lines that follow. The channel is closed at the end of the input.
func (t *terminal) rest() <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for {
			line, err := t.line()
			if line = strings.TrimSpace(line); line != "" {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return lines
}
