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

	"spotify-insights.internal/shared/terminal"
)

// screen is where a person reads.
var screen = terminal.Writer{Writer: os.Stderr}

// errStopped is the error of a question that Ctrl-C ends.
var errStopped = errors.New("stopped, and nothing has changed")

// prompt asks the person who runs a command.
type prompt struct {
	in    *os.File
	fd    int // of in
	lines *bufio.Reader
	// person reports whether somebody is there to type. Without one, answers can come through a pipe.
	person bool
}

func openPrompt(in *os.File) *prompt {
	fd := int(in.Fd())
	return &prompt{in, fd, bufio.NewReader(in), term.IsTerminal(fd)}
}

// answers reports whether an answer can be expected at all: none comes from /dev/null.
func (t *prompt) answers() bool {
	info, err := t.in.Stat()
	return t.person || err == nil && info.Mode()&fs.ModeCharDevice == 0
}

// ask asks a question. The answer is empty where nobody answers.
func (t *prompt) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(screen, question)
	return t.read(ctx, t.line)
}

// askHidden asks for a secret: what is typed is not shown.
func (t *prompt) askHidden(ctx context.Context, question string) (string, error) {
	if !t.person {
		return t.ask(ctx, question)
	}
	fmt.Fprint(screen, question)
	before, err := term.GetState(t.fd)
	if err != nil {
		return "", fmt.Errorf("hiding what is typed: %w", err)
	}
	defer func() {
		_ = term.Restore(t.fd, before) // where ctx has ended while somebody was typing
		fmt.Fprintln(screen)
	}()
	return t.read(ctx, func() (string, error) {
		typed, err := term.ReadPassword(t.fd)
		return string(typed), err
	})
}

func (t *prompt) line() (string, error) { return t.lines.ReadString('\n') }

// read reads until ctx ends. A read that was given up goes on in the background, so nothing may be read after it.
func (t *prompt) read(ctx context.Context, from func() (string, error)) (string, error) {
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
func (t *prompt) rest() <-chan string {
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
