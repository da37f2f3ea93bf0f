package charts

import (
	"html/template"
	"time"
)

// Stretch is a number of days of a year in the same state.
type Stretch struct {
	From, To int    // days of the year, 0 to 365, both included
	Class    string // export, hourly, both, missing, quiet or before
	Text     string // for readers: "3 to 5 Sep 2026: plays may be missing"
}

// TimelineRow is a year.
type TimelineRow struct {
	Label, Link string
	Total       string // the year in words, such as "361 of 365 days". May be empty.
	Stretches   []Stretch
}

// states are the states of a timeline in the order of its key. A strip is as high as its state is important, so that the states
// differ in more than colour. Heights are in percent.
var states = []struct {
	class, name string
	height      int
}{
	{"export", "from your export", 60},
	{"hourly", "read every hour", 40},
	{"both", "both", 60},
	{"missing", "plays may be missing", 100},
	{"quiet", "nothing played", 16},
	{"before", "before your first play", 6},
}

// maxStretches is the number of stretches up to which the table of a timeline lists all of them.
const maxStretches = 60

// Timeline returns a strip a year. Its table lists the stretches, or only the missing ones where there are 60 or more. Stretches
// of another class or outside of the year are left out.
func Timeline(id, title string, rows []TimelineRow) template.HTML {
	m := new(markup)
	used, count := map[string]bool{}, 0
	m.add(`<div class="chart" id="%v" role="group" aria-label="%v"><div class="timeline">`, id, title)
	for n, r := range rows {
		m.add(`<p>`)
		m.link(r.Link, r.Label)
		m.add(`</p><svg role="img" aria-labelledby="%v-%v" aria-describedby="%v-%v-desc">`, id, n, id, n)
		m.add(`<title id="%v-%v">%v</title><desc id="%v-%v-desc">%v</desc>`, id, n, r.Label, id, n, r.Total)
		for _, state := range states {
			for _, s := range r.Stretches {
				if s.Class == state.class && s.valid() {
					used[s.Class] = true
					count++
					m.add(`<rect class="%v" x="%v%%" y="%v%%" width="%v%%" height="%v%%"><title>%v</title></rect>`,
						s.Class, share(s.From), (100-state.height)/2, share(s.To+1-s.From), state.height, s.Text)
				}
			}
		}
		m.add(`</svg>`)
	}
	m.add(`<p></p>`)
	quarters := []label{}
	for month := time.January; month <= time.December; month += 3 {
		day := time.Date(2000, month, 1, 0, 0, 0, 0, time.UTC)
		quarters = append(quarters, label{at: share(day.YearDay() - 1), text: day.Format("Jan")})
	}
	m.below(quarters)
	m.add(`</div><p class="key">`)
	for _, state := range states {
		if used[state.class] {
			m.add(`<span><i class="%v"></i> %v</span>`, state.class, state.name)
		}
	}
	m.add(`</p>`)
	m.table(title, []string{"Days"}, stretches(rows, count < maxStretches))
	m.add(`</div>`)
	return m.html()
}

// stretches returns the lines of the table: the total of every year and its stretches, all of them or the missing ones.
func stretches(rows []TimelineRow, all bool) []line {
	lines := []line{}
	for _, r := range rows {
		if r.Total != "" {
			lines = append(lines, line{r.Label, r.Link, []string{r.Total}})
		}
		for _, s := range r.Stretches {
			if s.valid() && (all || s.Class == "missing") {
				lines = append(lines, line{r.Label, "", []string{s.Text}})
			}
		}
	}
	return lines
}

// valid says whether a stretch has a state and lies within a year.
func (s Stretch) valid() bool {
	for _, state := range states {
		if s.Class == state.class {
			return s.From >= 0 && s.From <= s.To && s.To <= 365
		}
	}
	return false
}

// share returns days as percent of a leap year.
func share(days int) float64 { return 100 * float64(days) / 366 }
