package charts

import (
	"html/template"
	"math"
)

// Line is a line of a race.
type Line struct {
	Label, Link string
	Values      []float64 // a value a column. The line has a hole where a value is not a number.
}

// maxDots is the number of columns up to which every value has a dot.
const maxDots = 36

// Race returns at most five lines over columns, such as months. The lines are straight from value to value. They differ in dashes
// as well as in colour.
func Race(id, title string, columns []string, race []Line) template.HTML {
	all := []float64{}
	for _, l := range race {
		all = append(all, l.Values...)
	}
	grid := scale(all)
	top, slot := grid[len(grid)-1], 100/float64(max(len(columns), 1))
	m := new(markup)
	m.plot("race", id, title, number(float64(len(race)))+" lines over "+number(float64(len(columns)))+" columns.", grid)
	m.add(`<svg width="100%%" height="100%%" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">`)
	for n, l := range race {
		m.add(`<path class="r%v" d="`, n%5)
		verb := "M"
		for i := range columns {
			if v, ok := l.value(i); ok {
				m.add(`%v%v %v`, verb, (float64(i)+0.5)*slot, 100-100*v/top)
				verb = "L"
			} else {
				verb = "M"
			}
		}
		m.add(`"><title>%v</title></path>`, l.Label)
	}
	m.add(`</svg>`)
	for n, l := range race {
		for i, column := range columns {
			if v, ok := l.value(i); ok && len(columns) <= maxDots {
				m.add(`<circle class="r%v" cx="%v%%" cy="%v%%" r="4"><title>%v, %v: %v</title></circle>`,
					n%5, (float64(i)+0.5)*slot, 100-100*v/top, l.Label, column, number(v))
			}
		}
	}
	m.beside(grid, "")
	m.below(thin(columns))
	m.add(`</div>`)
	m.keyOf(race)
	lines := make([]line, len(columns))
	head := []string{}
	for _, l := range race {
		head = append(head, l.Label)
	}
	for i, column := range columns {
		lines[i].label = column
		for _, l := range race {
			text := ""
			if v, ok := l.value(i); ok {
				text = number(v)
			}
			lines[i].cells = append(lines[i].cells, text)
		}
	}
	m.table(title, head, lines)
	m.add(`</div>`)
	return m.html()
}

// keyOf appends the names of the lines with their last values.
func (m *markup) keyOf(race []Line) {
	m.add(`<ul class="key">`)
	for n, l := range race {
		m.add(`<li>`)
		m.sample("r" + string(rune('0'+n%5)))
		m.link(l.Link, l.Label)
		if v, ok := l.value(len(l.Values) - 1); ok {
			m.add(` <b>%v</b>`, number(v))
		}
		m.add(`</li>`)
	}
	m.add(`</ul>`)
}

// value returns a value of a line. ok is false where it has none.
func (l Line) value(i int) (v float64, ok bool) {
	if i < 0 || i >= len(l.Values) || math.IsNaN(l.Values[i]) {
		return 0, false
	}
	return positive(l.Values[i]), true
}
