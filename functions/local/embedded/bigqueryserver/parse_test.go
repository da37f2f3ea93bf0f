package bigqueryserver

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestParseAnything reads statements made of words at random, and true ones
// with words left out or put in: whatever they are, reading them ends without a panic.
func TestParseAnything(t *testing.T) {
	words := strings.Fields("SELECT FROM WHERE d.t d . t `a.b` ( ) ( ) , , * + - / = < AS x y NULL CAST SAFE_CAST INT64 EXTRACT HOUR AT TIME ZONE " +
		"UNNEST IN @p @q WITH UNION ALL DISTINCT EXCEPT INSERT INTO VALUES UPDATE SET DELETE MERGE USING ON WHEN NOT MATCHED BY SOURCE TARGET AND THEN " +
		"CASE END ELSE INTERVAL 7 DAY 'text' \"more\" 1 2.5 .5 COUNT SUM IF REPLACE TIMESTAMP DATE CURRENT_TIMESTAMP CREATE OR TABLE VIEW DROP EXISTS " +
		"TRUNCATE ORDER GROUP QUALIFY OVER PARTITION ROWS RANGE BETWEEN CURRENT ROW JOIN [ ] ; DEFAULT LIMIT r'x'")
	statements := []string{
		"SELECT CAST(a.x AS INT64), EXTRACT(HOUR FROM y AT TIME ZONE 'UTC') FROM d.t AS a JOIN UNNEST(@p) AS b ON a.x IN UNNEST([1, 2]) WHERE y > CURRENT_TIMESTAMP() - INTERVAL 7 DAY",
		"INSERT INTO d.t (k, s) VALUES (1, 'a'), (CASE WHEN x THEN 1 END, NULL)",
		"INSERT INTO d.t (k) SELECT NULL AS k, x FROM (SELECT 1)",
		"UPDATE d.t AS a SET k = b.k, a.s = IF(TRUE, 1, 2) FROM d.u AS b WHERE a.k = b.k",
		"MERGE INTO d.t AS t USING (SELECT * EXCEPT (x) FROM d.s) AS s ON t.k = s.k WHEN MATCHED AND s.n > 1 THEN UPDATE SET n = s.n WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)",
		"CREATE OR REPLACE TABLE d.t AS WITH c AS (SELECT 1 AS k) SELECT k FROM c, d.u",
	}
	random := rand.New(rand.NewPCG(7, 8))
	whole := 0
	for range 12_000 {
		var text []string
		if random.IntN(2) == 0 {
			for range 1 + random.IntN(25) {
				text = append(text, words[random.IntN(len(words))])
			}
		} else {
			text = strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", ",", " , ").Replace(statements[random.IntN(len(statements))]))
			for range random.IntN(4) {
				at := random.IntN(len(text))
				switch random.IntN(3) {
				case 0:
					text[at] = words[random.IntN(len(words))]
				case 1:
					text = append(text[:at], text[at+1:]...)
				default:
					text = text[:max(at, 1)]
				}
				if len(text) == 0 {
					text = []string{"SELECT"}
				}
			}
		}
		statement := strings.Join(text, " ")
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s\n%v", statement, p)
				}
			}()
			s, err := parse(statement, names{project: "p", defaultDataset: "d"})
			if err != nil {
				return
			}
			whole++
			if d, err := parseDML(s, []string{"k", "s"}); err == nil {
				untyped(d.query)
			}
		}()
	}
	if whole < 300 {
		t.Errorf("only %d statements could be read", whole)
	}
}

// TestUnescape compares the reading of strings with what they were made of, at every offset to eight bytes.
func TestUnescape(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	pieces := []struct{ json, text string }{
		{`a`, "a"}, {`bcdefghi`, "bcdefghi"}, {`\"`, `"`}, {`\\`, `\`}, {`\n`, "\n"}, {`é`, "é"}, {`\u00e9`, "é"}, {`\ud83d\ude00`, "😀"}, {`日本`, "日本"}, {` ~`, " ~"}, {"\x7f", "\x7f"},
	}
	for range 5000 {
		var in, want strings.Builder
		for range random.IntN(30) {
			p := pieces[random.IntN(len(pieces))]
			in.WriteString(p.json)
			want.WriteString(p.text)
		}
		l := &jsonLine{b: fmt.Appendf(nil, `"%s","next"`, in.String())}
		got, err := l.text()
		if err != nil || string(got) != want.String() {
			t.Fatalf("%s: %q, %v; want %q", in.String(), got, err, want.String())
		}
		if next, err := l.textAfterComma(); err != nil || next != "next" {
			t.Fatalf("%s: then %q, %v", in.String(), next, err)
		}
		if out := string(appendJSONText(nil, want.String())); !strings.HasPrefix(out, `"`) {
			t.Fatal(out)
		} else if back, err := (&jsonLine{b: []byte(out)}).text(); err != nil || string(back) != want.String() {
			t.Fatalf("%q was written as %s", want.String(), out)
		}
	}
}

func (l *jsonLine) textAfterComma() (string, error) {
	if !l.accept(',') {
		return "", l.fail("no comma")
	}
	b, err := l.text()
	return string(b), err
}
