package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/api/logging/v2"
)

const (
	// shownLines is how many lines are shown at most.
	shownLines = 200
	// searchLimit is how long Cloud Logging may search: an answer may have no lines and say that the search goes on.
	searchLimit = 2 * time.Minute
)

// logs shows the functions' log lines, the newest first: time, severity, function, message, listener, object, error and
// action.
func (s *session) logs(ctx context.Context) error {
	d, err := s.find(ctx)
	if err == nil && len(d.functions) == 0 {
		err = s.incomplete(d)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, searchLimit)
	defer cancel()
	request := &logging.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + s.project}, Filter: s.filter(d.functions), OrderBy: "timestamp desc", PageSize: shownLines,
	}
	for shown := 0; ; {
		answer, err := s.clients.logging.Entries.List(request).Context(ctx).Do()
		if err != nil {
			return s.failed("reading the log", err)
		}
		for _, entry := range answer.Entries[:min(len(answer.Entries), shownLines-shown)] {
			fmt.Fprintln(s.out, logLine(entry))
			shown++
		}
		if request.PageToken = answer.NextPageToken; request.PageToken == "" || shown >= shownLines {
			if shown == 0 {
				fmt.Fprintln(s.screen, "There are no lines of this time. Further back: "+s.command("logs", s.listener)+" SINCE=7d")
			}
			return nil
		}
	}
}

// filter selects the lines of the functions: https://cloud.google.com/logging/docs/view/logging-query-language
func (s *session) filter(functions []string) string {
	names := make([]string, len(functions))
	for i, name := range functions {
		names[i] = fmt.Sprintf("%q", name)
	}
	filter := fmt.Sprintf(`resource.type="cloud_run_revision" AND resource.labels.service_name=(%s) AND (jsonPayload.message:* OR textPayload:*)`, strings.Join(names, " OR "))
	if s.listener != "" {
		filter += fmt.Sprintf(` AND jsonPayload.listener="%s"`, s.listener)
	}
	return filter + fmt.Sprintf(` AND timestamp>="%s"`, s.now().Add(-s.since).UTC().Format(time.RFC3339))
}

// logLine returns the text of an entry. Further lines of it are indented, so that none looks like an entry.
func logLine(entry *logging.LogEntry) string {
	var payload struct{ Message, Listener, Object, Error, Action text }
	_ = json.Unmarshal(entry.JsonPayload, &payload) // a line of the platform may have another form
	at := entry.Timestamp
	if parsed, err := time.Parse(time.RFC3339, at); err == nil {
		at = parsed.Local().Format(time.DateTime)
	}
	function := ""
	if entry.Resource != nil {
		function = entry.Resource.Labels["service_name"]
	}
	parts := []string{at, entry.Severity, function, cmp.Or(string(payload.Message), entry.TextPayload)}
	for _, field := range []text{payload.Listener, payload.Object, payload.Error, payload.Action} {
		if field != "" {
			parts = append(parts, string(field))
		}
	}
	return strings.ReplaceAll(strings.TrimRight(strings.Join(parts, "  "), "\n"), "\n", "\n    ")
}

// text is a member that is a text, or the JSON of another value.
type text string

func (t *text) UnmarshalJSON(value []byte) error {
	if json.Unmarshal(value, (*string)(t)) != nil {
		*t = text(value)
	}
	return nil
}
