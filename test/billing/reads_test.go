package billing

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

// notRead are columns whose names occur in a statement that does not read them, by statement and table.
var notRead = map[string]map[string]string{
	"imports":         {warehouse.Loads: "plays"}, // a column of load_counts
	"rebuild_top_ten": {warehouse.AudioFeatures: "key loudness mode speechiness acousticness instrumentalness liveness tempo time_signature"},
}

var (
	notNames = regexp.MustCompile(`'[^']*'|@\w+`) // literals and parameters
	word     = regexp.MustCompile(`\w+`)

	targetColumn = regexp.MustCompile(`\btarget\.(\w+)`)
)

// checkReads compares the registered reads with the texts that were sent: a statement reads the columns whose names
// occur in it, of the tables that it or its views name.
func checkReads(t *testing.T, dataset string, jobs []job) {
	views, err := warehouse.Views(dataset)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]job{}
	for _, j := range jobs {
		texts[j.statement] = job{text: texts[j.statement].text + j.text + "\n"}
	}
	named := regexp.MustCompile(dataset + `\.(\w+)`)
	for _, name := range warehouse.Statements() {
		j, ok := texts[name]
		if !ok {
			t.Errorf("%s was not sent", name)
			continue
		}
		for _, view := range slices.Backward(views) { // a view can name those before it
			j.text = regexp.MustCompile(dataset+`\.`+view.Name+`\b`).ReplaceAllLiteralString(j.text, "("+view.Query+")")
		}
		tables, registered := map[string]bool{}, map[string]bool{}
		for _, m := range named.FindAllStringSubmatch(j.text, -1) {
			tables[m[1]] = true
		}
		words := word.FindAllString(notNames.ReplaceAllString(named.ReplaceAllString(j.text, ""), ""), -1)
		for _, r := range statements[name] {
			if r.table == anyTable {
				registered = tables // of several deletions
				continue
			}
			registered[r.table] = true
			if r.rewritten != (j.target() == r.table) {
				t.Errorf("%s changes the table %q, and is registered to change %s: %t", name, j.target(), r.table, r.rewritten)
			}
			if r.since != "" && !regexp.MustCompile(`\bplayed_at >= @`+r.since+`\b`).MatchString(j.text) {
				t.Errorf("%s does not compare played_at with @%s", name, r.since)
			}
			occurring := words
			if r.rewritten { // the source of a MERGE does not know its target, which has this alias
				occurring = nil
				for _, m := range targetColumn.FindAllStringSubmatch(j.text, -1) {
					occurring = append(occurring, m[1])
				}
			}
			var want []string
			for _, column := range columnsOf(r.table) {
				if slices.Contains(occurring, column) && !slices.Contains(strings.Fields(notRead[name][r.table]), column) {
					want = append(want, column)
				}
			}
			got := slices.SortedFunc(slices.Values(strings.Fields(r.columns)), func(a, b string) int {
				return slices.Index(columnsOf(r.table), a) - slices.Index(columnsOf(r.table), b)
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: columns of %s (-that occur +registered):\n%s", name, r.table, diff)
			}
		}
		if diff := cmp.Diff(tables, registered); diff != "" {
			t.Errorf("%s: tables (-named +registered):\n%s", name, diff)
		}
	}
	if len(statements) != len(warehouse.Statements()) {
		t.Errorf("%d statements are registered, and %d are sent", len(statements), len(warehouse.Statements()))
	}
}
