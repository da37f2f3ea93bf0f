package charts

import (
	"html/template"
	"strconv"
)

// Clock returns a grid of the hours of a week, Monday first. text returns what readers see at an hour: "Mon 21:00: 24 min".
func Clock(title string, values [7][24]float64, text func(day, hour int) string) template.HTML {
	all := []float64{}
	for _, hours := range values {
		all = append(all, hours[:]...)
	}
	levels := Levels(all)
	m := new(markup)
	m.add(`<div class="chart"><table class="heat clock"><caption>%v</caption><thead><tr><td>`, title)
	for hour := range 24 {
		m.add(`<th scope="col">%v`, hour)
	}
	m.add("\n<tbody>")
	for day, name := range weekdays {
		m.add(`<tr><th scope="row">%v`, name)
		for hour, v := range values[day] {
			m.add(`<td class="l%v" title="%v">%v`, strconv.Itoa(levels[day*24+hour]), text(day, hour), number(v))
		}
		m.add("\n")
	}
	m.add(`</table>`)
	m.legend(false)
	m.add(`</div>`)
	return m.html()
}
