package pages

import (
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Sum is a number of plays and their time.
type Sum struct {
	Plays   int     `json:"plays"`
	Minutes float64 `json:"minutes"`
}

// DaySum is the sum of a day of the listener.
type DaySum struct {
	Date string `json:"date"` // 2006-01-02
	Sum
}

// MonthSum is the sum of a month of the listener, or of the part of it that is in the period.
type MonthSum struct {
	Month string `json:"month"` // 2006-01
	Sum
}

func sumOf(s figures.Sum) Sum { return Sum{s.Plays, minutes(s.MS)} }

// text returns plays and their time in words.
func (s Sum) text() string { return counted(s.Plays, "play", "plays") + ", " + hoursOf(s.Minutes) }

func minutes(ms int64) float64 { return float64(ms) / 60_000 }

func daySumOf(d figures.Day) DaySum { return DaySum{d.Date.String(), sumOf(d.Sum)} }

func monthSums(months []figures.Month) []MonthSum {
	list := make([]MonthSum, len(months))
	for i, m := range months {
		list[i] = MonthSum{m.Month, sumOf(m.Sum)}
	}
	return list
}

// clockOf returns the minutes by weekday from Monday, then by hour.
func clockOf(table *figures.Clock) (clock [7][24]float64) {
	for day := range table {
		for hour, sum := range table[day] {
			clock[day][hour] = minutes(sum.MS)
		}
	}
	return clock
}

func monthTable(months []MonthSum) Table {
	return Table{"months", []string{"month", "plays", "minutes"}, func() (rows [][]string) {
		for _, m := range months {
			rows = append(rows, []string{m.Month, strconv.Itoa(m.Plays), decimal(&m.Minutes)})
		}
		return rows
	}}
}
