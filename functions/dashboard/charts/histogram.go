package charts

import (
	"html/template"
	"math"
)

// Mark is a vertical line in a histogram.
type Mark struct {
	Value float64
	Text  string // "median 118"
	Class string // "mean" is a solid line, "median" a dashed one
}

// Histogram returns a bar for every count. The counts belong to intervals of the same width from low to high. format returns a
// value between low and high for readers. Marks outside of the range are not drawn.
func Histogram(id, title string, low, high float64, counts []int, format func(float64) string, marks []Mark) template.HTML {
	if high <= low {
		high = low + 1
	}
	if span := high - low; math.IsNaN(span) || math.IsInf(span, 0) {
		low, high = 0, 1
	}
	values, lines := []float64{}, []line{}
	width := (high - low) / float64(max(len(counts), 1))
	for i, n := range counts {
		from := low + float64(i)*width
		values = append(values, float64(n))
		lines = append(lines, line{format(from) + " to " + format(from+width), "", []string{number(float64(n))}})
	}
	description := "From " + format(low) + " to " + format(high)
	for _, mark := range marks {
		description += ", " + mark.Text
	}
	grid := scale(values)
	m := new(markup)
	m.plot("histogram", id, title, description+".", grid)
	slot := 100 / float64(max(len(counts), 1))
	for i, v := range values {
		m.mark("bar", "", lines[i].label+": "+lines[i].cells[0], func() {
			m.add(`<rect class="hit" x="%v%%" width="%v%%" height="100%%"/>`, float64(i)*slot, slot)
			m.column((float64(i)+0.05)*slot, slot*0.9, positive(v)/grid[len(grid)-1])
		})
	}
	for _, mark := range marks {
		if x := 100 * (mark.Value - low) / (high - low); x >= 0 && x <= 100 {
			m.add(`<line class="at %v" x1="%v%%" x2="%v%%" y1="-4%%" y2="100%%"><title>%v</title></line>`, mark.Class, x, x, mark.Text)
		}
	}
	m.beside(grid, "")
	m.below(along(low, high, format))
	m.add(`</div><p class="key">`)
	for _, mark := range marks {
		m.add(`<span>`)
		m.sample("at " + mark.Class)
		m.add(`%v</span>`, mark.Text)
	}
	m.add(`</p>`)
	m.table(title, []string{"Number"}, lines)
	m.add(`</div>`)
	return m.html()
}

// sample appends a piece of a line for a key.
func (m *markup) sample(class string) {
	m.add(`<svg class="sample" width="28" height="12" aria-hidden="true"><line class="%v" x2="28" y1="6" y2="6"/></svg> `, class)
}
