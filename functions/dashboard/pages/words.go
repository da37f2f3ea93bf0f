package pages

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/insights"
)

// number returns a whole number with thin spaces between thousands.
func number(v any) string {
	digits := fmt.Sprint(v)
	if f, ok := v.(float64); ok {
		digits = strconv.FormatFloat(f, 'f', 0, 64)
	}
	digits, minus := strings.CutPrefix(digits, "-")
	var b strings.Builder
	if minus {
		b.WriteRune('−')
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// counted returns a number of things.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// hours returns a time in hours, below two hours in minutes.
func hours(ms int64) string {
	minutes := int64(math.Round(float64(ms) / 60_000))
	if minutes < 120 {
		return number(minutes) + "\u00a0min"
	}
	return number(int64(math.Round(float64(ms)/3_600_000))) + "\u00a0h"
}

// hoursOf returns a time in minutes as [hours] does.
func hoursOf(minutes float64) string { return hours(int64(minutes * 60_000)) }

// hoursMinutes returns a time in hours and minutes.
func hoursMinutes(ms int64) string {
	minutes := int64(math.Round(float64(ms) / 60_000))
	if minutes < 60 {
		return number(minutes) + "\u00a0min"
	}
	return fmt.Sprintf("%s\u00a0h %d\u00a0min", number(minutes/60), minutes%60)
}

// minutesSeconds returns the length of a track.
func minutesSeconds(ms int64) string {
	seconds := int64(math.Round(float64(ms) / 1000))
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// percent returns a share of 0 to 1 in percent.
func percent(share float64) string {
	if math.IsNaN(share) {
		return "–"
	}
	return strconv.FormatFloat(100*share, 'f', 0, 64) + "\u00a0%"
}

// decimal returns a number for a table, with four decimals at most; an empty text for an unknown one.
func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(math.Round(*v*10_000)/10_000, 'f', -1, 64)
}

// dash returns a text to see and click: a dash for an unknown text and for one without a visible character.
func dash(text string) string {
	for _, c := range text {
		if unicode.IsGraphic(c) && !unicode.IsSpace(c) && c != '\u2800' && c != '\u3164' {
			return text
		}
	}
	return "–"
}

// mostLetters is how many letters of a name a page shows, and chartLetters how many a chart, which repeats it.
const (
	mostLetters  = 300
	chartLetters = 40
)

// short returns a text, cut where it is very long.
func short(text string) string { return cut(text, mostLetters) }

// charted returns a name for a chart.
func charted(name string) string { return cut(dash(name), chartLetters) }

// cut returns a text with at most so many letters, and an ellipsis where there were more.
func cut(text string, most int) string {
	letters := 0
	for i := range text {
		if letters++; letters > most {
			return text[:i] + "…"
		}
	}
	return text
}

// optional returns nil for an unknown text.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// The formats of days on pages.
const (
	dayFormat   = "2 Jan 2006"
	monthFormat = "January 2006"
)

// Clock formats a time in the listener's zone.
func (r Request) Clock(t time.Time) string {
	return t.In(r.History.Zone).Format("Mon 2 Jan 2006, 15:04")
}

// Day formats the day of a time in the listener's zone.
func (r Request) Day(t time.Time) string { return t.In(r.History.Zone).Format(dayFormat) }

// Hour formats the time of day in the listener's zone.
func (r Request) Hour(t time.Time) string { return t.In(r.History.Zone).Format("15:04") }

// ago returns how long before today a day was, in words where it is near.
func (r Request) ago(t time.Time) string {
	switch days := int(r.today()) - int(figures.DateOf(t, r.History.Zone)); {
	case days <= 0:
		return "today"
	case days == 1:
		return "yesterday"
	}
	return r.Day(t)
}

// reformatted returns a month or day of an address in another format.
func reformatted(text, layout string) string {
	at, err := time.Parse(time.DateOnly[:min(len(text), len(time.DateOnly))], text)
	if err != nil {
		return text
	}
	return at.Format(layout)
}

// periodName returns a period in words.
func periodName(period string) string {
	switch period {
	case "4w":
		return "4 weeks"
	case "6m":
		return "6 months"
	case "1y":
		return "1 year"
	case insights.PeriodAll:
		return "All time"
	}
	if from, to, ok := strings.Cut(period, ".."); ok {
		return periodName(from) + " – " + periodName(to)
	}
	if day, err := time.Parse(time.DateOnly, period); err == nil {
		return day.Format(dayFormat)
	}
	if month, err := time.Parse("2006-01", period); err == nil {
		return month.Format(monthFormat)
	}
	return period
}
