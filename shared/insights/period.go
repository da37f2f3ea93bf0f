package insights

// PeriodAll is the period of everything ever played, and the one shown first.
const PeriodAll = "all"

// Window is a period that ends at the time of the snapshot.
type Window struct {
	Period string
	Days   int // of 24 hours
}

// Windows are the periods that move with the day, shortest first.
var Windows = []Window{{"4w", 28}, {"6m", 182}, {"1y", 365}}
