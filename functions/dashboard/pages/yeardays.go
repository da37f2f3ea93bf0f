package pages

import (
	"spotify-insights.internal/functions/dashboard/figures"
)

// YearDays are the days of a year, and the best of them.
type YearDays struct {
	Played    int             `json:"played"` // days with plays
	Streak    *Streak         `json:"longest_streak"`
	Busiest   *DaySum         `json:"busiest_day"`
	BestMonth *MonthSum       `json:"best_month"`
	Calendar  []DaySum        `json:"calendar,omitzero"` // not on a public page
	Clock     *[7][24]float64 `json:"clock,omitempty"`   // minutes by weekday from Monday, then by hour; not on a public page
}

// Streak is a number of days in a row with plays.
type Streak struct {
	From string `json:"from"` // 2006-01-02
	To   string `json:"to"`
	Days int    `json:"days"`
}

// days returns the days of the year.
func (y *Year) days() YearDays {
	days := YearDays{}
	for _, d := range y.calendar {
		if d.Plays > 0 {
			days.Played++
		}
	}
	if longest, _ := figures.Streaks(y.calendar); longest.Days > 0 {
		days.Streak = &Streak{longest.From.String(), longest.To.String(), longest.Days}
	}
	if busiest, ok := figures.Busiest(y.calendar); ok {
		days.Busiest = new(daySumOf(busiest))
	}
	if best, ok := figures.BestMonth(figures.Months(y.calendar)); ok {
		days.BestMonth = &MonthSum{best.Month, sumOf(best.Sum)}
	}
	if y.request.Private() {
		days.Calendar = []DaySum{}
		for _, d := range y.calendar {
			days.Calendar = append(days.Calendar, daySumOf(d))
		}
		days.Clock = new(clockOf(figures.ClockOf(y.slice)))
	}
	return days
}

func (d YearDays) streak() Streak {
	if d.Streak == nil {
		return Streak{}
	}
	return *d.Streak
}

// Best is a day, a month or a run of days that stands out.
type Best struct{ Name, Value, Text, Link string }

// Bests are the longest run of days, the busiest day and the best month.
func (y *Year) Bests() []Best {
	var list []Best
	day := func(text string) string { return reformatted(text, "2 January") }
	history := func(at string) string {
		if y.request.Public {
			return ""
		}
		return y.request.Link("/history/" + at)
	}
	if s := y.Days.Streak; s != nil {
		list = append(list, Best{"Longest run of days", counted(s.Days, "day", "days"), day(s.From) + " to " + day(s.To), ""})
	}
	if d := y.Days.Busiest; d != nil {
		list = append(list, Best{"Busiest day", day(d.Date), d.text(), history(d.Date)})
	}
	if m := y.Days.BestMonth; m != nil {
		list = append(list, Best{"Best month", reformatted(m.Month, "January"), m.text(), history(m.Month)})
	}
	return list
}
