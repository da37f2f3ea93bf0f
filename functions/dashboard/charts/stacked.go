package charts

import (
	"html/template"
	"strings"
)

// Row is a stacked bar.
type Row struct {
	Label, Link string
	Values      []float64 // a part each, 0 to 1
}

// Stacked returns horizontal bars of 3 to 7 parts. names are the names of the parts, which every bar has in this order. The longest
// bar fills the width.
func Stacked(id, title string, names []string, rows []Row) template.HTML {
	lines, longest := []line{}, 0.0
	for _, r := range rows {
		sum, cells := 0.0, make([]string, len(names))
		for i := range names {
			sum += r.value(i)
			cells[i] = number(r.value(i))
		}
		longest = max(longest, sum)
		lines = append(lines, line{r.Label, r.Link, cells})
	}
	m := new(markup)
	m.add(`<div class="chart" id="%v" role="group" aria-label="%v"><div class="stacked">`, id, title)
	for n, r := range rows {
		texts := parts(names, lines[n])
		m.add(`<p>`)
		m.link(r.Link, r.Label)
		m.add(`</p><svg role="img" aria-labelledby="%v-%v" aria-describedby="%v-%v-desc">`, id, n, id, n)
		m.add(`<title id="%v-%v">%v</title><desc id="%v-%v-desc">%v</desc>`, id, n, r.Label, id, n, strings.Join(texts, ", "))
		x := 0.0
		for i := range names {
			width := 100 * r.value(i) / longest
			if width > 0 {
				m.add(`<rect class="p%v" x="%v%%" width="%v%%" height="100%%"><title>%v: %v</title></rect>`, i%7, x, width, r.Label, texts[i])
			}
			x += width
		}
		m.add(`</svg>`)
	}
	m.add(`</div><p class="key">`)
	for i, name := range names {
		m.add(`<span><i class="p%v"></i> %v</span>`, i%7, name)
	}
	m.add(`</p>`)
	m.table(title, names, lines)
	m.add(`</div>`)
	return m.html()
}

// parts returns the parts of a bar with their names: "energy 0.71".
func parts(names []string, bar line) []string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = name + " " + bar.cells[i]
	}
	return texts
}

// value returns a part of a bar.
func (r Row) value(i int) float64 {
	if i >= len(r.Values) {
		return 0
	}
	return positive(r.Values[i])
}
