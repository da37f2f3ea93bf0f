package charts

import (
	"math"
	"unicode/utf8"
)

// step returns the smallest step of 1, 2 or 5 times a power of ten that divides a span into at most some parts.
func step(span float64, parts int) float64 {
	least := max(span/float64(parts), 1e-9)
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= least*(1-1e-9) {
			return digit * power
		}
	}
	return 10 * power
}

// scale returns the values of the horizontal lines of a chart: 0, and two or three more. The last one is not below any value.
// Whole values have whole lines.
func scale(values []float64) []float64 {
	top, whole := 0.0, true
	for _, v := range values {
		v = positive(v)
		top, whole = max(top, v), whole && v == math.Trunc(v)
	}
	if top == 0 {
		return []float64{0, 1}
	}
	by := step(top, 3)
	if whole {
		by = max(by, 1)
	}
	lines := []float64{0}
	for i := 1; lines[i-1] < top*(1-1e-9); i++ {
		lines = append(lines, float64(i)*by)
	}
	return lines
}

// between returns the multiples of a step from low to high, at most nine of them.
func between(low, high float64) []float64 {
	by := step(high-low, 8)
	values := []float64{}
	for i := int(math.Ceil(low/by - 1e-9)); float64(i)*by <= high+by*1e-9 && len(values) < 9; i++ {
		values = append(values, float64(i)*by)
	}
	return values
}

// plot begins a drawing with an ID, a title, a description and horizontal lines at values from 0 to the last one.
func (m *markup) plot(kind, id, title, description string, lines []float64) {
	m.add(`<div class="chart %v" id="%v"><div class="plot"><svg role="group" aria-labelledby="%v-title" aria-describedby="%v-desc">`, kind, id, id, id)
	m.add(`<title id="%v-title">%v</title><desc id="%v-desc">%v</desc>`, id, title, id, description)
	for _, v := range lines {
		y := 100 - 100*v/lines[len(lines)-1]
		m.add(`<line class="grid" x2="100%%" y1="%v%%" y2="%v%%"/>`, y, y)
	}
}

// beside ends the drawing and appends the labels of its horizontal lines, from the last one down to 0.
func (m *markup) beside(lines []float64, unit string) {
	m.add(`</svg><div class="beside" aria-hidden="true">`)
	for i := len(lines) - 1; i >= 0; i-- {
		m.add(`<span>%v</span>`, withUnit(lines[i], unit))
	}
	m.add(`</div>`)
}

// label is a text below a drawing.
type label struct {
	at    float64 // percent of the width
	text  string
	class string // "mid" centres the text, "end" lets it end here, "roomy" hides it in narrow charts
}

// below appends texts below a drawing. The SVG has no view box: its texts keep their size.
func (m *markup) below(labels []label) {
	m.add(`<svg class="below" aria-hidden="true">`)
	for _, l := range labels {
		m.add(`<text class="%v" x="%v%%" y="14">%v</text>`, l.class, l.at, l.text)
	}
	m.add(`</svg>`)
}

// along returns the labels of round values from low to high. A narrow chart shows every second one.
func along(low, high float64, format func(float64) string) []label {
	labels := []label{}
	for i, v := range between(low, high) {
		l := label{100 * (v - low) / (high - low), format(v), "mid"}
		if l.at > 95 {
			l.class = "end"
		} else if l.at < 5 {
			l.class = ""
		}
		if i%2 == 1 {
			l.class += " roomy"
		}
		labels = append(labels, l)
	}
	return labels
}

// thin returns the labels of columns of equal width, so few that they do not collide: in a narrow chart on 240 pixels, in a
// wide one on 480.
func thin(texts []string) []label {
	if len(texts) == 0 {
		return nil
	}
	width := 0.0
	for _, text := range texts {
		width = max(width, 16+7*float64(utf8.RuneCountInString(text)))
	}
	slot := 100 / float64(len(texts))
	every := columns(width, slot*4.8)
	narrow := every * columns(width, slot*2.4*float64(every))
	labels := []label{}
	for i := 0; i < len(texts); i += every {
		l := label{at: float64(i) * slot, text: texts[i]}
		if narrow == 1 {
			labels = append(labels, label{l.at + slot/2, l.text, "mid"})
			continue
		}
		if i%narrow != 0 || l.at*2.4+width > 264 {
			l.class = "roomy"
		}
		if l.at*4.8+width <= 504 {
			labels = append(labels, l)
		}
	}
	return labels
}

// columns returns how many columns of a width a label takes: 1, 2, 3, 4, 6 or a multiple of 12, which suits months.
func columns(label, column float64) int {
	need := int(math.Ceil(label / column))
	for _, n := range []int{1, 2, 3, 4, 6} {
		if n >= need {
			return n
		}
	}
	return (need + 11) / 12 * 12
}
