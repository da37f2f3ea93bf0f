package billing

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

// notRead are columns whose names occur in a statement without being read, by statement and table: they are
// names of something else, or a view has them and the statement does not.
var notRead = map[string]map[string]string{
	"rebuild_top_ten": {warehouse.AudioFeatures: "key loudness mode speechiness acousticness instrumentalness liveness tempo time_signature"},
}

// checkReads compares what statements are registered to read with the texts that were sent.
func checkReads(t *testing.T, dataset string, jobs []job) {
	views, err := warehouse.Views(dataset)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, j := range jobs {
		texts[j.statement] += j.text + "\n"
	}
	for _, name := range warehouse.Statements() {
		text, ok := texts[name]
		if !ok {
			t.Errorf("%s was not sent", name)
			continue
		}
		for _, view := range slices.Backward(views) { // a view names those before it
			text = regexp.MustCompile(dataset+`\.`+view.Name+`\b`).ReplaceAllLiteralString(text, "("+view.Query+")")
		}
		for _, problem := range compare(name, dataset, text) {
			t.Errorf("%s: %s", name, problem)
		}
	}
	if len(statements) != len(warehouse.Statements()) {
		t.Errorf("%d statements are registered, and %d are sent", len(statements), len(warehouse.Statements()))
	}
}

var (
	notNames = regexp.MustCompile(`'[^']*'|@\w+`) // literals and parameters
	word     = regexp.MustCompile(`\w+`)
	written  = regexp.MustCompile(`(?s)UPDATE SET\b.*?\bWHEN\b|WHEN NOT MATCHED THEN INSERT.*`)
)

// compare compares the text of a statement, its views expanded, with what it is registered to read.
func compare(name, dataset, text string) (problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	qualified := regexp.MustCompile(dataset + `\.(\w+)`)
	named := map[string]bool{}
	for _, m := range qualified.FindAllStringSubmatch(text, -1) {
		named[m[1]] = true
	}
	target := regexp.MustCompile(`^(MERGE INTO|DELETE FROM) ` + dataset + `\.(\w+)`).FindStringSubmatch(text)
	words := wordsOf(qualified.ReplaceAllString(text, ""))
	registered := map[string]bool{}
	for _, r := range statements[name] {
		if r.table == anyTable {
			continue
		}
		registered[r.table] = true
		if !named[r.table] {
			problem("it does not name the table %s", r.table)
		}
		if r.since != "" && !regexp.MustCompile(`\bplayed_at >= @`+r.since+`\b`).MatchString(text) {
			problem("it does not compare played_at with @%s", r.since)
		}
		if isTarget := target != nil && target[2] == r.table; isTarget != r.rewritten {
			problem("it changes the table %s: %t", r.table, isTarget)
		}
		occurring := words
		if r.rewritten { // the source does not know the target
			occurring = wordsOf(written.ReplaceAllString(text[max(0, strings.LastIndex(text, "\nON ")):], ""))
		}
		var read, want []string
		for _, column := range columnsOf(r.table) {
			isRead := slices.Contains(strings.Fields(r.columns), column)
			isOther := slices.Contains(strings.Fields(notRead[name][r.table]), column)
			switch {
			case isRead:
				read = append(read, column)
			case isOther && !occurring[column]:
				problem("%s.%s is listed as not read and does not occur", r.table, column)
			}
			if occurring[column] && !isOther {
				want = append(want, column)
			}
		}
		if len(read) != len(strings.Fields(r.columns)) {
			problem("%s has not all of the columns %s", r.table, r.columns)
		}
		if diff := cmp.Diff(want, read); diff != "" {
			problem("columns of %s (-that occur +registered):\n%s", r.table, diff)
		}
	}
	for table := range named {
		if !registered[table] && name != "empty" {
			problem("the table %s is not registered", table)
		}
	}
	return problems
}

func wordsOf(text string) map[string]bool {
	words := map[string]bool{}
	for _, w := range word.FindAllString(notNames.ReplaceAllString(text, ""), -1) {
		words[w] = true
	}
	return words
}

// A statement that has changed is noticed.
func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
	}{
		{"SELECT a.found, a.fetched_at, a.track_id FROM d.tracks AS t, d.audio_features AS a", 0},
		{"SELECT a.found, a.fetched_at, a.track_id, a.energy FROM d.tracks AS t, d.audio_features AS a", 1},
		{"SELECT a.found, a.track_id, 'fetched_at' FROM d.tracks AS t, d.audio_features AS a WHERE a.found = @energy", 1},
		{"SELECT a.found, a.fetched_at, a.track_id FROM d.tracks AS t, d.audio_features AS a, d.top_ten", 1},
		{"SELECT found, fetched_at, track_id FROM d.audio_features", 1},
		{"DELETE FROM d.tracks WHERE track_id IN (SELECT track_id FROM d.audio_features WHERE found AND fetched_at > @now)", 1},
	} {
		if problems := compare("missing_features", "d", tt.text); len(problems) != tt.want {
			t.Errorf("%s: %d problems, want %d: %s", tt.text, len(problems), tt.want, problems)
		}
	}
}
