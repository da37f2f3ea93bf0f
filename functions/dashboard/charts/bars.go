package charts

import "html/template"

// Bar is a bar, such as a month.
type Bar struct {
	Label   string // "Jan 2026"
	Text    string // the value for readers: "45 h". Without it they see the number and the unit.
	Value   float64
	Partial bool   // the month is not over
	Link    string // may be empty
}

// Bars returns at most 180 bars beside each other. unit is the unit of all values and may be empty.
func Bars(id, title, unit string, bars []Bar) template.HTML {
	values, labels, lines := []float64{}, []string{}, []line{}
	best := Bar{}
	for i, b := range bars {
		if b.Text == "" {
			b.Text = withUnit(b.Value, unit)
		}
		if i == 0 || b.Value > best.Value {
			best = b
		}
		values, labels = append(values, b.Value), append(labels, b.Label)
		lines = append(lines, line{b.Label, b.Link, []string{b.Text}})
	}
	description := "No bars."
	if len(bars) > 0 {
		description = bars[0].Label + " to " + bars[len(bars)-1].Label + ". Highest: " + best.Label + ", " + best.Text + "."
	}
	grid := scale(values)
	m := new(markup)
	m.plot("bars", id, title, description, grid)
	slot := 100 / float64(max(len(bars), 1))
	for i, b := range bars {
		class := "bar"
		if b.Partial {
			class += " partial"
		}
		m.mark(class, b.Link, lines[i].label+": "+lines[i].cells[0], func() {
			m.add(`<rect class="hit" x="%v%%" width="%v%%" height="100%%"/>`, float64(i)*slot, slot)
			m.column((float64(i)+0.1)*slot, slot*0.8, positive(b.Value)/grid[len(grid)-1])
		})
	}
	m.beside(grid, unit)
	m.below(thin(labels))
	m.add(`</div>`)
	m.table(title, []string{"Value"}, lines)
	m.add(`</div>`)
	return m.html()
}

// column appends a bar that stands on the base line. x and width are in percent, height is a share of the drawing.
func (m *markup) column(x, width, height float64) {
	if height > 0 {
		height = 100 * max(height, 0.01) // seen, however small
		m.add(`<rect x="%v%%" y="%v%%" width="%v%%" height="%v%%" rx="2"/>`, x, 100-height, width, height)
	}
}
