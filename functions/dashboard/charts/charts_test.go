package charts

import (
	"html/template"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	hostile     = `"><script>alert(1)</script><b onclick='x'>&amp;`
	hostileLink = "javascript:alert(1)"
)

// bad are values that cannot be drawn.
var bad = []float64{math.NaN(), math.Inf(1), math.Inf(-1), -3, 1e300}

// document is a parsed chart.
type document struct {
	*html.Node
	source string
}

// parse parses a chart and checks what holds for all of them.
func parse(t *testing.T, chart template.HTML) document {
	t.Helper()
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(string(chart)), body)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		body.AppendChild(n)
	}
	d := document{body, string(chart)}
	ids := map[string]bool{}
	for n := range d.Descendants() {
		if id := attr(n, "id"); id != "" && ids[id] {
			t.Errorf("the ID %q is used twice", id)
		} else if id != "" {
			ids[id] = true
		}
	}
	for n := range d.Descendants() {
		checkNode(t, n, ids)
	}
	checkTags(t, d.source)
	return d
}

var (
	notNumber = regexp.MustCompile(`NaN|Inf|\de[+-]?\d|\d{9}`)
	drawn     = regexp.MustCompile(`^(x|y|x1|x2|y1|y2|cx|cy|r|d|width|height)$`)
)

func checkNode(t *testing.T, n *html.Node, ids map[string]bool) {
	t.Helper()
	switch n.Data {
	case "script", "style", "b":
		if n.Type == html.ElementNode && !(n.Data == "b" && len(n.Attr) == 0) {
			t.Errorf("there is an element <%s>", n.Data)
		}
	case "svg": // what is in an image cannot be focused, so a drawing with links is a group
		image, group := attr(n, "role") == "img" && find(n, "a") == nil, attr(n, "role") == "group"
		if n.Type == html.ElementNode && attr(n, "aria-hidden") != "true" && (!image && !group || find(n, "title") == nil) {
			t.Error("an SVG has neither a role and a title nor is hidden")
		}
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			t.Errorf("<%s> has an attribute %s", n.Data, a.Key)
		case a.Key == "href" && strings.HasPrefix(a.Val, "javascript:"):
			t.Errorf("a link is %q", a.Val)
		case drawn.MatchString(a.Key) && notNumber.MatchString(a.Val):
			t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
		case a.Key == "aria-labelledby" || a.Key == "aria-describedby":
			if !ids[a.Val] {
				t.Errorf("%s refers to %q, which is not there", a.Key, a.Val)
			}
		}
	}
}

// checkTags checks that elements are closed which HTML does not close by itself.
func checkTags(t *testing.T, source string) {
	t.Helper()
	open := map[string]int{}
	z := html.NewTokenizer(strings.NewReader(source))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		name, _ := z.TagName()
		switch kind {
		case html.StartTagToken:
			open[string(name)]++
		case html.EndTagToken:
			open[string(name)]--
		}
	}
	for _, name := range []string{"a", "b", "circle", "details", "div", "g", "i", "line", "p", "path", "rect", "span", "svg", "table", "text", "title", "ul"} {
		if open[name] != 0 {
			t.Errorf("%d elements <%s> are not closed", open[name], name)
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// hasClass says whether an element has all classes of a list such as "l0 gap".
func hasClass(n *html.Node, classes string) bool {
	have := strings.Fields(attr(n, "class"))
	for _, c := range strings.Fields(classes) {
		found := false
		for _, h := range have {
			found = found || h == c
		}
		if !found {
			return false
		}
	}
	return true
}

// all returns the elements with a name and classes.
func all(n *html.Node, name, classes string) []*html.Node {
	list := []*html.Node{}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name && hasClass(d, classes) {
			list = append(list, d)
		}
	}
	return list
}

func find(n *html.Node, name string) *html.Node {
	if list := all(n, name, ""); len(list) > 0 {
		return list[0]
	}
	return nil
}

func text(n *html.Node) string {
	b := strings.Builder{}
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// titles returns the titles of all marks and cells of a chart.
func (d document) titles() []string {
	list := []string{}
	for _, n := range all(d.Node, "title", "") {
		list = append(list, text(n))
	}
	for n := range d.Descendants() {
		if title := attr(n, "title"); title != "" {
			list = append(list, title)
		}
	}
	return list
}

// numbers returns the table of a chart, a line a row with | between cells.
func (d document) numbers() []string {
	lines := []string{}
	for _, details := range all(d.Node, "details", "") {
		for _, row := range all(details, "tr", "") {
			cells := []string{}
			for c := range row.ChildNodes() {
				cells = append(cells, text(c))
			}
			lines = append(lines, strings.Join(cells, "|"))
		}
	}
	return lines
}

// want checks that a text is in a list.
func want(t *testing.T, list []string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		found := false
		for _, have := range list {
			found = found || have == text
		}
		if !found {
			t.Errorf("%q is not in %q", text, list)
		}
	}
}

// TestHostile gives every chart texts that try to break out, and values that cannot be drawn.
func TestHostile(t *testing.T) {
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	bars, cells, rows, race, dots, marks := []Bar{}, []DayCell{}, []Row{}, []Line{}, []Dot{}, []Mark{}
	for i, v := range bad {
		bars = append(bars, Bar{Label: hostile, Text: hostile, Value: v, Link: hostileLink})
		cells = append(cells, DayCell{Date: day.AddDate(0, 0, i), Value: v, Text: hostile, Gap: true})
		dots = append(dots, Dot{v, 0.5, hostile, v}, Dot{0.5, v, hostile, v})
		marks = append(marks, Mark{v, hostile, hostile})
		rows = append(rows, Row{hostile, hostileLink, bad})
		race = append(race, Line{hostile, hostileLink, bad})
	}
	clock := [7][24]float64{}
	copy(clock[0][:], bad)
	texts := []string{hostile, hostile, hostile, hostile, hostile}
	format := func(float64) string { return hostile }
	timeline := []TimelineRow{{hostile, hostileLink, hostile, []Stretch{{0, 9, "export", hostile}, {10, 20, hostile, hostile}, {-5, 999, "missing", hostile}}}}
	for name, chart := range map[string]template.HTML{
		"days":      Days(hostile, cells, func(time.Time) string { return hostileLink }),
		"clock":     Clock(hostile, clock, func(int, int) string { return hostile }),
		"bars":      Bars("id", hostile, hostile, bars),
		"spark":     Spark(hostile, []int32{math.MinInt32, math.MaxInt32, 0}),
		"histogram": Histogram("id", hostile, 0, 10, []int{-1, math.MaxInt, 3}, format, marks),
		"endless":   Histogram("id", hostile, math.Inf(-1), math.Inf(1), []int{1}, format, marks),
		"unordered": Histogram("id", hostile, math.NaN(), 1, []int{1}, format, marks),
		"scatter":   Scatter("id", hostile, hostile, hostile, dots, &[2]float64{math.NaN(), math.Inf(1)}),
		"stacked":   Stacked("id", hostile, texts, rows),
		"race":      Race("id", hostile, texts, race),
		"timeline":  Timeline("id", hostile, timeline),
	} {
		t.Run(name, func(t *testing.T) {
			if d := parse(t, chart); !strings.Contains(d.source, "&lt;script&gt;") {
				t.Error("the text is not there")
			}
		})
	}
	parse(t, Cover(hostile, 40, true))
}

// TestEmpty draws charts without values, and with one value and zeros only.
func TestEmpty(t *testing.T) {
	format := func(v float64) string { return number(v) }
	parse(t, Days("t", nil, nil))
	parse(t, Clock("t", [7][24]float64{}, func(int, int) string { return "" }))
	for _, n := range []int{0, 1, 3} {
		parse(t, Bars("id", "t", "h", make([]Bar, n)))
		parse(t, Spark("t", make([]int32, n)))
		parse(t, Histogram("id", "t", 5, 5, make([]int, n), format, make([]Mark, n)))
		parse(t, Scatter("id", "t", "x", "y", make([]Dot, n), new([2]float64)))
		parse(t, Stacked("id", "t", make([]string, n), make([]Row, n)))
		parse(t, Race("id", "t", make([]string, n), make([]Line, n)))
		parse(t, Timeline("id", "t", make([]TimelineRow, n)))
	}
}
