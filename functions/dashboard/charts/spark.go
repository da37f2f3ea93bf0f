package charts

import "html/template"

// Spark returns small bars for a line of a list. It takes at most some 60 values.
func Spark(title string, values []int32) template.HTML {
	top := int32(1)
	for _, v := range values {
		top = max(top, v)
	}
	m := new(markup)
	m.add(`<svg class="spark" viewBox="0 0 120 24" width="120" height="24" preserveAspectRatio="none" role="img" aria-label="%v"><title>%v</title><path d="`, title, title)
	slot := 120 / float64(max(len(values), 1))
	for i, v := range values {
		if v > 0 {
			// A bar is at least one pixel high, so that one play among many is seen.
			m.add(`M%v 24V%vh%vV24z`, float64(i)*slot, 24-max(24*float64(v)/float64(top), 1), slot*0.8)
		}
	}
	m.add(`"/></svg>`)
	return m.html()
}
