// Command operations asks a deployment, and changes what a person may change without a deploy:
//
//	operations doctor   show the state of each part, and the next step
//	operations logs     show the functions' log lines
//	operations trigger  ingest a listener's plays now
//	operations forget   delete the data of a listener
//
// The targets of the Makefile run it. Arguments, such as PROJECT, come from make through the environment. It uses
// Google's APIs with application default credentials, and no gcloud.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/terminal"
)

// session is one run of a command.
type session struct {
	arguments
	*clients
	now    func() time.Time
	in     *bufio.Reader
	out    io.Writer
	screen io.Writer // for questions and notes
}

var commands = map[string]func(*session, context.Context) error{
	"doctor": (*session).doctor, "logs": (*session).logs, "trigger": (*session).trigger, "forget": (*session).forget,
}

func main() {
	out, screen := terminal.Writer{Writer: os.Stdout}, terminal.Writer{Writer: os.Stderr}
	s := &session{now: time.Now, in: bufio.NewReader(os.Stdin), out: out, screen: screen}
	if err := s.run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(screen, "operations:", err)
		if action := faults.Action(err); action != "" {
			fmt.Fprintln(screen, action)
		}
		os.Exit(1)
	}
}

func (s *session) run(ctx context.Context, args []string) (err error) {
	if len(args) != 1 || commands[args[0]] == nil {
		return fmt.Errorf("usage: operations doctor|logs|trigger|forget, with PROJECT in the environment")
	}
	if s.arguments, err = readArguments(args[0]); err != nil {
		return err
	}
	// Calls count against its quota, whatever project the login names.
	os.Setenv("GOOGLE_CLOUD_QUOTA_PROJECT", s.project)
	if s.clients, err = openClients(ctx); err != nil {
		return s.failed("opening Google's clients", err)
	}
	return commands[args[0]](s, ctx)
}

// confirm asks for a word, unless the argument CONFIRM has it.
func (s *session) confirm(word, what string) error {
	answer := s.confirmed
	if answer == "" {
		fmt.Fprintf(s.screen, "%s\nType %s to continue: ", what, word)
		line, _ := s.in.ReadString('\n')
		answer = strings.TrimSpace(line)
	}
	if answer != word {
		return fmt.Errorf("the answer was not %s: nothing was changed", word)
	}
	return nil
}
