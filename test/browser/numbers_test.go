package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// The whole numbers at the head of a page are in its JSON.
func TestNumbers(t *testing.T) {
	compared := 0
	for _, s := range every() {
		for _, p := range s.pages {
			shown := headFigures(p.root)
			if len(shown) == 0 {
				continue
			}
			held := map[string]bool{}
			var answer any
			if err := json.Unmarshal([]byte(s.mustGet(t, jsonOf(t, p))), &answer); err != nil {
				t.Errorf("%s%s as JSON: %v", s.name, p.path, err)
			}
			numbersOf(answer, held)
			for name, value := range shown {
				if compared++; !held[value] {
					t.Errorf("%s%s shows %q: %s, which its JSON lacks", s.name, p.path, name, value)
				}
			}
		}
	}
	if compared < 20 {
		t.Errorf("%d numbers were compared", compared)
	}
}

// Each period has other numbers.
func TestPeriods(t *testing.T) {
	var before string
	for _, period := range []string{"4w", "6m", "1y", "all"} {
		status, _, body, err := get(private.address + "/?period=" + period)
		root, failed := html.Parse(strings.NewReader(body))
		if err != nil || failed != nil || status != http.StatusOK {
			t.Fatalf("%s is %d, %v, %v", period, status, err, failed)
		}
		figures := fmt.Sprint(headFigures(root))
		if figures == before {
			t.Errorf("%s has the numbers of the period before: %s", period, figures)
		}
		before = figures
	}
}

var whole = regexp.MustCompile(`^(≥ )?([0-9 ]+)$`)

// headFigures returns the whole numbers of the totals by name, and the number of places of a list.
func headFigures(root *html.Node) map[string]string {
	figures := map[string]string{}
	var name string
	for n := range root.Descendants() {
		switch {
		case n.Data == "dt":
			name = text(n)
		case n.Data == "dd" && n.Parent.Parent != nil && attribute(n.Parent.Parent, "class") == "totals" && n.FirstChild != nil:
			value := strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(strings.TrimSpace(n.FirstChild.Data))
			if m := whole.FindStringSubmatch(value); m != nil {
				figures[name] = strings.ReplaceAll(m[2], " ", "")
			}
		case n.Data == "header" && attribute(n, "class") == "heading":
			if number, _, ok := strings.Cut(strings.TrimSpace(text(n.LastChild)), " in "); ok {
				if m := whole.FindStringSubmatch(strings.ReplaceAll(number, "\u202f", " ")); m != nil {
					figures["places"] = strings.ReplaceAll(m[2], " ", "")
				}
			}
		}
	}
	return figures
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// jsonOf returns the link of a page to its JSON.
func jsonOf(t *testing.T, p page) string {
	t.Helper()
	for n := range p.root.Descendants() {
		if n.Data == "a" && text(n) == "JSON" {
			return attribute(n, "href")
		}
	}
	t.Fatalf("%s has no link to its JSON", p.path)
	return ""
}

// numbersOf adds the numbers of an answer, and the lengths of its lists.
func numbersOf(answer any, numbers map[string]bool) {
	switch v := answer.(type) {
	case float64:
		numbers[fmt.Sprintf("%.0f", v)] = true
	case []any:
		numbers[fmt.Sprint(len(v))] = true
		for _, one := range v {
			numbersOf(one, numbers)
		}
	case map[string]any:
		for _, one := range v {
			numbersOf(one, numbers)
		}
	}
}
