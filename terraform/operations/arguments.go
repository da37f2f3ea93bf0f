package main

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/listener"
)

// arguments are what make passes.
type arguments struct {
	project   string
	region    string // "": that of the deployment
	listener  string // "": all of them
	since     time.Duration
	confirmed string
}

var (
	number    = regexp.MustCompile(`^[0-9]+$`)
	projectID = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	region    = regexp.MustCompile(`^[a-z]+-[a-z]+[1-9][0-9]?$`)
	since     = regexp.MustCompile(`^([1-9][0-9]{0,3})([mhdw])$`)
)

// readArguments reads the arguments of a command from the environment, and checks them. The messages are those of
// terraform/commands/project.sh.
func readArguments(command string) (a arguments, err error) {
	a = arguments{project: os.Getenv("PROJECT"), region: os.Getenv("REGION"), listener: os.Getenv("LISTENER"), confirmed: os.Getenv("CONFIRM")}
	if command == "trigger" {
		a.listener = cmp.Or(a.listener, listener.Default)
	}
	ago := since.FindStringSubmatch(cmp.Or(os.Getenv("SINCE"), "1d"))
	switch {
	case number.MatchString(a.project):
		return a, faults.New(faults.Invalid, "This prints its id: gcloud projects describe "+a.project+" --format='value(projectId)'", "PROJECT=%s is a project's number", a.project)
	case !projectID.MatchString(a.project):
		return a, wants("PROJECT", "the id of a project, as 'gcloud projects list' shows it: make "+command+" PROJECT=my-project")
	case a.region != "" && !region.MatchString(a.region):
		return a, wants("REGION", "a region such as us-central1 or europe-west1, not a zone (us-central1-a) and not a multi-region (US)")
	case command == "logs" && ago == nil:
		return a, wants("SINCE", "how far back, such as 3h or 7d")
	case (a.listener != "" || command == "forget") && !listener.Valid(a.listener):
		return a, wants("LISTENER", "a listener's id, a small letter and then small letters, digits and dashes: LISTENER=me")
	}
	if ago != nil {
		n, _ := strconv.Atoi(ago[1])
		a.since = time.Duration(n) * map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[ago[2]]
	}
	return a, nil
}

func wants(name, what string) error {
	return faults.New(faults.Invalid, "", "%s='%s' is not valid: give %s", name, os.Getenv(name), what)
}

// command is a command of the Makefile for the project, such as make deploy PROJECT=my-project.
func (a arguments) command(words, listener string) string {
	text := fmt.Sprintf("make %s PROJECT=%s", words, a.project)
	if listener != "" {
		text += " LISTENER=" + listener
	}
	return text
}
