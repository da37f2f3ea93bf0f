package charts

import (
	"html/template"
	"math"
)

// Dot is a dot of a scatter chart.
type Dot struct {
	X, Y float64 // 0 to 1
	Text string  // what the dot stands for
	Size float64 // its weight, such as plays. The area of a dot grows with it.
}

// Scatter returns dots on a square of 0 to 1, and a line of an intercept and a slope unless it is nil. A dot without a position
// (not a number) is left out.
func Scatter(id, title, xLabel, yLabel string, dots []Dot, fit *[2]float64) template.HTML {
	lines, heaviest := []line{}, 0.0
	for _, d := range dots {
		if d.placed() {
			lines = append(lines, line{d.Text, "", []string{number(d.X), number(d.Y)}})
			heaviest = max(heaviest, positive(d.Size))
		}
	}
	grid := []float64{0, 0.2, 0.4, 0.6, 0.8, 1}
	m := new(markup)
	m.plot("scatter", id, title, number(float64(len(lines)))+" dots: "+xLabel+" to the right, "+yLabel+" upwards.", grid)
	for _, v := range grid {
		m.add(`<line class="grid" x1="%v%%" x2="%v%%" y2="100%%"/>`, 100*v, 100*v)
	}
	for _, d := range dots {
		if d.placed() {
			radius := 4.0
			if heaviest > 0 {
				radius = 3 + 6*math.Sqrt(positive(d.Size)/heaviest)
			}
			m.add(`<circle cx="%v%%" cy="%v%%" r="%v"><title>%v: %v, %v</title></circle>`,
				100*min(positive(d.X), 1), 100-100*min(positive(d.Y), 1), radius, d.Text, number(d.X), number(d.Y))
		}
	}
	if fit != nil {
		if x1, x2, ok := inSquare(fit[0], fit[1]); ok {
			m.add(`<line class="fit" x1="%v%%" y1="%v%%" x2="%v%%" y2="%v%%"><title>fitted line</title></line>`,
				100*x1, 100-100*(fit[0]+fit[1]*x1), 100*x2, 100-100*(fit[0]+fit[1]*x2))
		}
	}
	m.beside(grid, "")
	m.below(along(0, 1, number))
	m.add(`<p class="right">%v →</p><p class="upward">↑ %v</p></div>`, xLabel, yLabel)
	m.table(title, []string{xLabel, yLabel}, lines)
	m.add(`</div>`)
	return m.html()
}

func (d Dot) placed() bool { return !math.IsNaN(d.X + d.Y) }

// inSquare returns where a line enters and leaves the square of 0 to 1. ok is false for a line outside of it.
func inSquare(intercept, slope float64) (from, to float64, ok bool) {
	if slope == 0 {
		return 0, 1, intercept >= 0 && intercept <= 1
	}
	bottom, top := -intercept/slope, (1-intercept)/slope
	from, to = max(0, min(bottom, top)), min(1, max(bottom, top))
	return from, to, from < to
}
