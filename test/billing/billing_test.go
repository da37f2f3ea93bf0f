package billing

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// small is a catalog of a partitioned table with rows in three months, another table and two views.
func small() Catalog {
	sizes := func(columns string, months ...Month) map[string]map[Month]int64 {
		all := map[string]map[Month]int64{}
		size := int64(1)
		for column := range strings.FieldsSeq(columns) {
			all[column] = map[Month]int64{}
			for _, m := range months {
				all[column][m] = size
			}
			size *= 10
		}
		return all
	}
	jan := monthOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	return Catalog{
		"d.played": {Name: "played", Columns: strings.Fields("id ended name object"), Months: "ended", Sizes: sizes("id ended name object", jan, jan+1, jan+2)},
		"d.tracks": {Name: "tracks", Columns: strings.Fields("id length played"), Sizes: sizes("id length played", 0)},
		"d.named":  {Name: "named", View: "SELECT id, name AS object FROM d.played -- ended"},
		"d.late":   {Name: "late", View: "SELECT n.object FROM d.named AS n JOIN (SELECT id FROM d.played WHERE ended >= @mar) AS l ON l.id = n.id"},
	}
}

func TestWhatIsRead(t *testing.T) {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	times := map[string]time.Time{"jan": day(1, 20), "feb": day(2, 1), "mar": day(3, 31), "apr": day(4, 1), "before": day(1, 1).AddDate(-3, 0, 0)}
	tests := []struct{ name, statement, want string }{
		// columns
		{"a name", "SELECT name FROM d.played WHERE ended >= @jan", "played: ended name; 01 02 03; 330"},
		{"names in literals and comments", "SELECT id, 'name', \"it's object\", r'\\'name' /* object */ FROM d.played # name\n-- object", "played: id; 01 02 03; 3"},
		{"a literal of many lines", "SELECT id, '''name's object''' FROM d.played", "played: id; 01 02 03; 3"},
		{"names in backticks", "SELECT `NAME` FROM `d.played`", "played: name; 01 02 03; 300"},
		{"a table of a project", "SELECT name FROM `some-project`.d.played", "played: name; 01 02 03; 300"},
		{"a name that is given", "SELECT id AS name FROM d.played AS object", "played: id; 01 02 03; 3"},
		{"a parameter of a column's name", "SELECT id FROM d.played WHERE id = @name", "played: id; 01 02 03; 3"},
		{"a function of a column's name", "SELECT object(id) FROM d.played", "played: id; 01 02 03; 3"},
		{"one table's column", "SELECT t.id, p.name FROM d.played AS p JOIN d.tracks t ON t.length = p.id", "played: id name; 01 02 03; 303 | tracks: id length; 11"},
		{"nobody's column", "SELECT length FROM d.played, d.tracks", "played: ; 01 02 03; 0 | tracks: length; 10"},
		{"another query's column", "SELECT name FROM d.played WHERE id IN (SELECT id FROM d.tracks WHERE length > 1)", "played: id name; 01 02 03; 303 | tracks: id length; 11"},
		{"a column of the query around", "SELECT id FROM d.played AS p WHERE EXISTS (SELECT 1 FROM d.tracks AS t WHERE t.length = p.name)", "played: id name; 01 02 03; 303 | tracks: length; 10"},
		{"every column", "SELECT * FROM d.played", "played: id ended name object; 01 02 03; 3333"},
		{"every column of a join", "SELECT t.length, p.* FROM (d.played AS p JOIN d.tracks AS t ON TRUE)", "played: id ended name object; 01 02 03; 3333 | tracks: id length played; 111"},
		{"every column but one", "SELECT * EXCEPT (id) FROM d.tracks", "tracks: id length played; 111"},
		{"a row as a value", "SELECT TO_JSON_STRING(t) FROM d.tracks AS t", "tracks: id length played; 111"},
		{"a table's name that is another's column", "SELECT t.played FROM d.tracks AS t, (SELECT id FROM d.played) AS p", "played: id; 01 02 03; 3 | tracks: id played; 101"},
		{"every column of a query", "SELECT * FROM (SELECT name FROM d.played) AS p", "played: name; 01 02 03; 300"},
		{"rows counted", "SELECT COUNT(*), id * 2 FROM d.tracks", "tracks: id; 1"},
		{"a common table", "WITH p AS (SELECT name FROM d.played) SELECT p.object, p.name FROM p", "played: name; 01 02 03; 300"},
		{"a view", "SELECT object FROM d.named WHERE id = 1", "played: id name; 01 02 03; 303"},
		{"a view of a view", "SELECT object FROM d.late", "played: id ended name; 01 02 03; 333"},
		// months
		{"from a time on", "SELECT id FROM d.played WHERE ended >= @feb AND id = 1", "played: id ended; 02 03; 22"},
		{"after a time", "SELECT id FROM d.played WHERE id = 1 AND ended > @MAR", "played: id ended; 03; 11"},
		{"before a month", "SELECT id FROM d.played WHERE ended < @feb", "played: id ended; 01; 11"},
		{"up to a month", "SELECT id FROM d.played WHERE ended <= @feb GROUP BY id", "played: id ended; 01 02; 22"},
		{"at a time", "SELECT id FROM d.played AS p WHERE p.ended = @feb", "played: id ended; 02; 11"},
		{"between", "SELECT id FROM d.played WHERE id > 0 AND ended BETWEEN @jan AND @feb AND name = ''", "played: id ended name; 01 02; 222"},
		{"before everything", "SELECT id FROM d.played WHERE ended < @before", "played: id ended; none; 0"},
		{"a part of a union", "SELECT id FROM d.played WHERE ended < @feb UNION ALL SELECT id FROM d.played WHERE ended >= @mar", "played: id ended; 01 03; 22"},
		{"all of a union", "SELECT id FROM d.played WHERE ended < @feb UNION ALL SELECT id FROM d.played", "played: id ended; 01 02 03; 33"},
		{"one of two", "SELECT id FROM d.played WHERE ended >= @feb OR id = 1", "played: id ended; 01 02 03; 33"},
		{"not", "SELECT id FROM d.played WHERE NOT ended >= @feb", "played: id ended; 01 02 03; 33"},
		{"in a case", "SELECT id FROM d.played WHERE CASE WHEN id = 1 AND ended >= @feb AND id = 2 THEN TRUE ELSE FALSE END", "played: id ended; 01 02 03; 33"},
		{"of a function", "SELECT id FROM d.played WHERE UNIX_MICROS(ended) >= @feb AND ended >= TIMESTAMP_SUB(@mar, INTERVAL 1 DAY)", "played: id ended; 01 02 03; 33"},
		{"no constant", "SELECT id FROM d.played WHERE ended >= name", "played: id ended name; 01 02 03; 333"},
		{"a parameter that is no time", "SELECT id FROM d.played WHERE ended >= @other", "played: id ended; 01 02 03; 33"},
		{"of a query around", "SELECT id FROM (SELECT id, ended FROM d.played) AS p WHERE ended >= @mar", "played: id ended; 01 02 03; 33"},
		{"of another mention", "SELECT p.id FROM d.played AS p JOIN d.played AS q ON q.id = p.id WHERE q.ended >= @mar", "played: id ended; 01 02 03; 33"},
		{"after the grouping", "SELECT ended FROM d.played GROUP BY 1 HAVING ended >= @mar", "played: ended; 01 02 03; 30"},
		// changes
		{"a merge that updates", `MERGE INTO d.played AS t USING (SELECT id, name, object FROM d.tracks WHERE length > 1) AS s
			ON t.ended BETWEEN @jan AND @feb AND t.id = s.id WHEN MATCHED AND s.name < t.object THEN UPDATE SET name = s.name, ended = s.ended
			WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)`, "played: id ended object; 01 02; 2022 + 2222 | tracks: id length; 11"},
		{"a merge that inserts", "MERGE d.played AS t USING d.tracks AS s ON t.ended >= @mar AND t.id = s.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.length)",
			"played: id ended; 03; 11 | tracks: id length; 11"},
		{"a merge that looks at every row", "MERGE INTO d.played AS t USING d.tracks AS s ON t.ended >= @mar WHEN NOT MATCHED BY SOURCE THEN DELETE", "played: ended; 01 02 03; 30 + 3333 | tracks: ; 0"},
		{"a merge whose source is bounded", "MERGE INTO d.played AS t USING d.tracks AS s ON ended >= @mar WHEN MATCHED THEN DELETE", "played: ended; 01 02 03; 30 + 3333 | tracks: ; 0"},
		{"a merge from its own table", "MERGE INTO d.tracks AS t USING (SELECT id FROM d.tracks WHERE length > 1) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET played = s.id", "tracks: id length; 11 + 111"},
		{"an update", "UPDATE d.played SET name = '', object = name WHERE ended >= @mar", "played: ended name; 03; 110 + 1111"},
		{"a deletion", "DELETE FROM d.tracks WHERE id = 1", "tracks: id; 1 + 111"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := small().Bill("", tt.statement, times)
			if err != nil {
				t.Fatal(err)
			}
			var tables []string
			for _, table := range q.Tables {
				text := table.Name + ": " + strings.Join(table.Columns, " ")
				if table.Months != nil {
					months := "none"
					if len(table.Months) > 0 {
						months = strings.ReplaceAll(strings.Trim(fmt.Sprint(table.Months), "[]"), "2026-", "")
					}
					text += "; " + months
				}
				text += "; " + fmt.Sprint(table.Read)
				if table.Rewritten > 0 {
					text += " + " + fmt.Sprint(table.Rewritten)
				}
				tables = append(tables, text)
			}
			if got := strings.Join(tables, " | "); got != tt.want {
				t.Errorf("read\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	for _, statement := range []string{
		"SELECT id FROM d.nothing", "SELECT 'id FROM d.played", "SELECT id /* FROM d.played", "SELECT `id FROM d.played", "SELECT (id)) FROM d.played",
		"SELECT (id FROM d.played", "SELECT \"\"\"id\"\" FROM d.played",
	} {
		if q, err := small().Bill("", statement, nil); err == nil {
			t.Errorf("%s is reckoned as %+v", statement, q)
		}
	}
}

func TestWhatIsBilled(t *testing.T) {
	const mb = 1 << 20
	table := func(a, b int64) Relation {
		return Relation{Name: "x", Columns: []string{"a", "b"}, Sizes: map[string]map[Month]int64{"a": {0: a}, "b": {0: b}}}
	}
	tests := []struct {
		name, statement string
		catalog         Catalog
		want            int64
	}{
		{"the least", "SELECT a FROM d.x", Catalog{"d.x": table(1, 1)}, 10 * mb},
		{"the least of no column", "SELECT COUNT(*) FROM d.x", Catalog{"d.x": table(30*mb, 1)}, 10 * mb},
		{"the least of each table", "SELECT x.a FROM d.x, d.y", Catalog{"d.x": table(1, 1), "d.y": table(1, 1)}, 20 * mb},
		{"a table twice", "SELECT a FROM d.x UNION ALL SELECT a FROM d.x", Catalog{"d.x": table(12*mb, 1)}, 12 * mb},
		{"whole MB", "SELECT a, b FROM d.x", Catalog{"d.x": table(10*mb, 1)}, 11 * mb},
		{"exactly whole MB", "SELECT a FROM d.x", Catalog{"d.x": table(11*mb, 1)}, 11 * mb},
		{"what is rewritten", "DELETE FROM d.x WHERE a = 1", Catalog{"d.x": table(20*mb, 5*mb)}, 45 * mb},
		{"a size that is known of the whole", "SELECT a FROM d.x", Catalog{"d.x": {Columns: []string{"a", "b"}, Whole: 15 * mb}}, 15 * mb},
		{"no table", "SELECT 1", Catalog{"d.x": table(1, 1)}, 0},
	}
	for _, tt := range tests {
		if q, err := tt.catalog.Bill(tt.name, tt.statement, nil); err != nil || q.Billed != tt.want || Sum([]Query{q, q}) != 2*tt.want {
			t.Errorf("%s: %+v, %v, want %d", tt.name, q, err, tt.want)
		}
	}
}

func TestTableAsText(t *testing.T) {
	q, err := small().Bill("", "MERGE INTO d.played AS t USING d.tracks AS s ON t.ended >= @mar AND s.id = t.id AND s.length = 1 WHEN MATCHED THEN DELETE",
		map[string]time.Time{"mar": time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	const want = "MERGE played, tracks: [played (id, ended; all columns to rewrite; 2026-03 of 3 months) tracks (2 columns, not played)]"
	if got := fmt.Sprintf("%s: %v", q.Name, q.Tables); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}
