package figures

// Busiest returns the day with most plays, the latest of equal ones. ok is false without plays.
func Busiest(calendar []Day) (busiest Day, ok bool) {
	for _, day := range calendar {
		if day.Plays > 0 && day.Plays >= busiest.Plays {
			busiest = day
		}
	}
	return busiest, busiest.Plays > 0
}

// BestMonth returns the month with most plays, the latest of equal ones. ok is false without plays.
func BestMonth(months []Month) (best Month, ok bool) {
	for _, month := range months {
		if month.Plays > 0 && month.Plays >= best.Plays {
			best = month
		}
	}
	return best, best.Plays > 0
}
