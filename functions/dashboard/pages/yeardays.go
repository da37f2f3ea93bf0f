package pages

import (
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
)

// YearDays are the days of a year, and the best of them.
type YearDays struct {
	Played    int        `json:"played"` // days with plays
	Streak    *Streak    `json:"longest_streak"`
	Busiest   *DaySum    `json:"busiest_day"`
	BestMonth *MonthSum  `json:"best_month"`
	Calendar  []DaySum   `json:"calendar,omitempty"` // not on a public page
	Clock     [][]Amount `json:"clock,omitempty"`    // by weekday, Monday first, and by hour; not on a public page
}

// Streak is a number of days in a row with plays.
type Streak struct {
	From string `json:"from"` // 2006-01-02
	To   string `json:"to"`
	Days int    `json:"days"`
}

// DaySum is the sum of a day.
type DaySum struct {
	Day string `json:"day"` // 2006-01-02
	Amount
}

// MonthSum is the sum of a month.
type MonthSum struct {
	Month string `json:"month"` // 2006-01
	Amount
}

// Amount is how much was played.
type Amount struct {
	TimesPlayed   int     `json:"times_played"`
	MinutesPlayed float64 `json:"minutes_played"`
}

func sumOf(s figures.Sum) Amount { return Amount{s.Plays, float64(s.MS) / 60_000} }

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
		days.Busiest = &DaySum{busiest.Date.String(), sumOf(busiest.Sum)}
	}
	if best, ok := figures.BestMonth(figures.Months(y.calendar)); ok {
		days.BestMonth = &MonthSum{best.Month, sumOf(best.Sum)}
	}
	if y.request.Private() {
		for _, d := range y.calendar {
			days.Calendar = append(days.Calendar, DaySum{d.Date.String(), sumOf(d.Sum)})
		}
		for _, hours := range figures.ClockOf(y.slice) {
			var line []Amount
			for _, sum := range hours {
				line = append(line, sumOf(sum))
			}
			days.Clock = append(days.Clock, line)
		}
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
	day := func(text string) string { return formatted(text, time.DateOnly, "2 January") }
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
		list = append(list, Best{"Busiest day", day(d.Day), d.text(), history(d.Day)})
	}
	if m := y.Days.BestMonth; m != nil {
		list = append(list, Best{"Best month", formatted(m.Month, "2006-01", "January"), m.text(), history(m.Month)})
	}
	return list
}

func (s Amount) text() string {
	return counted(s.TimesPlayed, "play", "plays") + ", " + hours(int64(s.MinutesPlayed*60_000))
}

// formatted returns a day or month in another layout.
func formatted(text, from, to string) string {
	at, err := time.Parse(from, text)
	if err != nil {
		return text
	}
	return at.Format(to)
}
