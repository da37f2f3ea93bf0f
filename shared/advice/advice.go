// Package advice says what a person does next, in the words of the place where the program runs: on the person's own
// machine, or deployed in a project of Google Cloud. On one's own machine there is no Scheduler and no project. In a
// deployment there is no data folder.
package advice

import (
	"cmp"
	"os"
	"strings"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/listener"
)

// Either returns the text for the place where the program runs.
func Either(local, deployed string) string {
	if config.Deployed() {
		return deployed
	}
	return local
}

// Command returns a command of the Makefile, complete: "connect" for sister is "make connect LISTENER=sister", and in a
// deployment "make connect PROJECT=my-project LISTENER=sister". The id is "" for a command that needs none.
func Command(words, id string) string {
	command := []string{"make", words}
	if config.Deployed() {
		command = append(command, "PROJECT="+cmp.Or(os.Getenv("GOOGLE_CLOUD_PROJECT"), "…"))
	}
	if id != "" && id != listener.Default {
		command = append(command, "LISTENER="+id)
	}
	return strings.Join(command, " ")
}

// Connect says how a listener connects, as the end of a sentence.
func Connect(id string) string {
	page := "/connect"
	if id != "" && id != listener.Default {
		page += "?listener=" + id
	}
	return Command("connect", id) + Either(", or the button on the page "+page, "") + "."
}

// ConnectAgain is the sentence for a listener whose consent has ended or is lost.
func ConnectAgain(id string) string { return "Connect again: " + Connect(id) }

// Log says where the reasons of errors are, as a part of a sentence.
func Log() string { return Either("the output of make run", "the log ("+Command("logs", "")+")") }

// Stuck says where to look when the lake has what a page lacks, in whole sentences.
func Stuck() string {
	return Either("The output of make run says why. Loading is tried again every day and at each start.",
		"Look for errors of load and topten in "+Log()+". Reconcile tries again every day.")
}
