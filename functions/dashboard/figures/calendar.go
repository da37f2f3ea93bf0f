package figures

import "time"

// Sum is a number of listens and the time listened to, in milliseconds.
type Sum struct {
	Plays int
	MS    int64
}

// Day is the sum of a day.
type Day struct {
	Date Date
	Sum
}

// Calendar returns the sums of every day of the slice in ascending order, also of days without listens. A range that
// is longer than the history is cut to the days from its first listen to its snapshot.
func Calendar(s Slice) []Day {
	first, last, ok := days(s)
	if !ok {
		return []Day{}
	}
	list := make([]Day, last-first+1)
	for i := range list {
		list[i].Date = first + Date(i)
	}
	for i, hour := range s.Hour[s.Lo:s.Hi] {
		if s.has(s.Lo + i) {
			// Clocks that are set back just after midnight repeat a few minutes of the previous day.
			day := &list[min(max(dateOf(hour), first), last)-first]
			day.Plays++
			day.MS += int64(s.MS[s.Lo+i])
		}
	}
	return list
}

// days returns the first and the last day of a calendar. ok is false for a calendar without days.
func days(s Slice) (first, last Date, ok bool) {
	if s.Len() == 0 {
		return 0, 0, false
	}
	end := max(s.AsOf.UnixMicro()-1, s.At[s.Len()-1])
	from, to := max(s.Range.From, s.At[0]), min(s.Range.To-1, end)
	first = DateOf(time.UnixMicro(from), s.Zone)
	return first, DateOf(time.UnixMicro(to), s.Zone), from <= to
}

// Month is the sum of a calendar month.
type Month struct {
	Month string // 2006-01
	Sum
}

// Months returns the sums of the months of a calendar.
func Months(calendar []Day) []Month {
	list := []Month{}
	for _, day := range calendar {
		t := day.Date.Time()
		if len(list) == 0 || t.Day() == 1 {
			list = append(list, Month{Month: t.Format("2006-01")})
		}
		month := &list[len(list)-1]
		month.Plays += day.Plays
		month.MS += day.MS
	}
	return list
}

// Clock has the sums by day of the week, Monday first, and by hour of the listener's clock.
type Clock [7][24]Sum

// ClockOf returns the sums of the slice by day of the week and by the hour in which a listen ended. A public history
// has no hours: all listens are in the first one.
func ClockOf(s Slice) *Clock {
	table := new(Clock)
	const week, thursday = 7 * 24, 3 * 24 // 1970-01-01 was a Thursday
	for i, hour := range s.Hour[s.Lo:s.Hi] {
		if !s.has(s.Lo + i) {
			continue
		}
		hour = (hour%week + week + thursday) % week
		cell := &table[hour/24][hour%24]
		cell.Plays++
		cell.MS += int64(s.MS[s.Lo+i])
	}
	return table
}

// Streak is a number of consecutive days with a listen. Days is 0 where there is no streak.
type Streak struct {
	From, To Date
	Days     int
}

// Streaks returns the longest streak of a calendar, the latest of equal ones, and the current one, which ends on
// the calendar's last day or the day before.
func Streaks(calendar []Day) (longest, current Streak) {
	for _, day := range calendar {
		if day.Plays == 0 {
			continue
		}
		if current.Days == 0 || day.Date != current.To+1 {
			current = Streak{From: day.Date}
		}
		current.To = day.Date
		if current.Days++; current.Days >= longest.Days {
			longest = current
		}
	}
	if n := len(calendar); n > 0 && calendar[n-1].Date > current.To+1 {
		current = Streak{}
	}
	return longest, current
}
