package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entry is a line in the form of https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
func entry(at, payload string) string {
	return `{"insertId":"x","timestamp":"` + at + `","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"service_name":"ingest","location":"europe-west1"}},` + payload + `}`
}

func TestLogs(t *testing.T) {
	local := time.Local
	time.Local = time.FixedZone("", 3600)
	t.Cleanup(func() { time.Local = local })
	r := newRig(t, "some-project")
	r.listener, r.since = "me", 3*time.Hour
	r.pages = []string{
		entry("2026-03-01T11:00:00.123456789Z", `"jsonPayload":{"message":"the ingest failed","listener":"me","object":"o","error":"refused","action":"Connect again.","attempt":2}`),
		"", // the search goes on
		entry("2026-03-01T10:00:00Z", `"textPayload":"panic: \u001b[2Jx\n2026-01-01 00:00:00  INFO  forged\n"`) + "," + entry("2026-03-01T09:00:00Z", `"jsonPayload":{"message":{"a":1}}`),
	}
	if err := r.logs(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "2026-03-01 12:00:00  ERROR  ingest  the ingest failed  me  o  refused  Connect again.\n" +
		`2026-03-01 11:00:00  ERROR  ingest  panic: \x1b[2Jx` + "\n    2026-01-01 00:00:00  INFO  forged\n" +
		`2026-03-01 10:00:00  ERROR  ingest  {"a":1}` + "\n"
	if diff := cmp.Diff(want, r.said.String()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	const asked = `[projects/some-project]resource.type="cloud_run_revision" AND resource.labels.service_name=("dashboard" OR "ingest") AND (jsonPayload.message:* OR textPayload:*)` +
		` AND jsonPayload.listener="me" AND timestamp>="2026-03-01T09:30:00Z" timestamp desc 200`
	const call = "POST /v2/entries:list"
	if diff := cmp.Diff([]string{call, asked, call, asked, call, asked}, r.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// Two hundred lines are shown at most, and of a deployment whose last deploy has failed too.
func TestLogsEnd(t *testing.T) {
	r := newRig(t, "some-project")
	with(stateFile, outputs, `"lake"`, `"no_lake"`, "PROJECT", "some-project")(t, r)
	many := strings.TrimSuffix(strings.Repeat(entry("2026-03-01T11:00:00Z", `"textPayload":"x"`)+",", 150), ",")
	r.pages = []string{many, many, many}
	if err := r.logs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(r.said.String(), "\n"); lines != shownLines || len(r.calls) != 4 {
		t.Errorf("%d lines of %d calls", lines, len(r.calls)/2)
	}
	r.said.Reset()
	r.pages = []string{""}
	if err := r.logs(t.Context()); err != nil || !strings.Contains(r.said.String(), "Further back: make logs PROJECT=some-project SINCE=7d") {
		t.Errorf("without lines it says %q, %v", r.said.String(), err)
	}
	with(stateFile, `{"outputs":{}}`)(t, r)
	if err := r.logs(t.Context()); err == nil || !strings.Contains(told(err), "make deploy PROJECT=some-project") {
		t.Errorf("without functions: %v", err)
	}
}
