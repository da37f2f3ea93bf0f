// Package charts draws charts as HTML tables and inline SVG. It takes plain numbers and texts.
//
// A drawing has no style attribute and no script. Its marks are placed in percent, so that they scale with the width while
// texts, dots and round corners do not. Marks have titles, and the numbers are also in a table. Texts are escaped, links lead to
// web addresses only, and numbers that are negative, infinite or not a number count as 0.
package charts

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// markup collects the HTML of a chart.
type markup struct{ strings.Builder }

// add appends a format with the verb %v only. A string is escaped, a float64 becomes a coordinate, template.HTML stays as it is.
func (m *markup) add(format string, args ...any) {
	for i, arg := range args {
		switch a := arg.(type) {
		case string:
			args[i] = html.EscapeString(a)
		case float64:
			args[i] = coordinate(a)
		}
	}
	fmt.Fprintf(m, format, args...)
}

func (m *markup) html() template.HTML { return template.HTML(m.String()) }

// link appends a text, as a link where there is an address.
func (m *markup) link(address, text string) {
	if isWeb(address) {
		m.add(`<a href="%v">%v</a>`, address, text)
	} else {
		m.add(`%v`, text)
	}
}

// mark appends a mark of an SVG with a title. body draws the mark. A link of a mark is for the pointer: in an image the
// keyboard does not reach it, but its table has it too.
func (m *markup) mark(class, address, title string, body func()) {
	if isWeb(address) {
		m.add(`<a class="%v" href="%v" tabindex="-1"><title>%v</title>`, class, address, title)
		defer m.add(`</a>`)
	} else {
		m.add(`<g class="%v"><title>%v</title>`, class, title)
		defer m.add(`</g>`)
	}
	body()
}

// isWeb says whether an address is a link within the site or to the web.
func isWeb(address string) bool {
	u, err := url.Parse(address)
	return address != "" && err == nil && (u.Scheme == "" || u.Scheme == "https" || u.Scheme == "http")
}

// line is a line of a table: its header and its cells.
type line struct {
	label, link string
	cells       []string
}

// table appends the numbers of a chart. head has the headers of its columns but for the first one.
func (m *markup) table(caption string, head []string, lines []line) {
	if len(lines) == 0 {
		return
	}
	m.add(`<details><summary>As a table</summary><div class="numbers"><table><caption>%v</caption><thead><tr><td></td>`, caption)
	for _, text := range head {
		m.add(`<th scope="col">%v</th>`, text)
	}
	m.add(`</tr></thead><tbody>`)
	for _, l := range lines {
		m.add(`<tr><th scope="row">`)
		m.link(l.link, l.label)
		m.add(`</th>`)
		for _, text := range l.cells {
			m.add(`<td>%v</td>`, text)
		}
		m.add(`</tr>`)
	}
	m.add(`</tbody></table></div></details>`)
}

// positive returns a value that can be drawn: 0 for what is negative or not a number.
func positive(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	return min(v, 1e15)
}

// coordinate formats a number of an attribute, with at most two decimals.
func coordinate(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.FormatFloat(math.Round(v*100)/100+0, 'f', -1, 64)
}

// number formats a value for readers, with three significant digits and spaces between thousands: 0.25, 7.5, 1 204.
func number(v float64) string {
	v = positive(v)
	decimals := 2
	for limit := 9.995; decimals > 0 && v >= limit; limit *= 10 {
		decimals--
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if decimals == 0 {
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "\u202f" + text[i:]
		}
	}
	return text
}

// withUnit returns a number with its unit.
func withUnit(v float64, unit string) string {
	if unit == "" {
		return number(v)
	}
	return number(v) + "\u00a0" + unit
}
