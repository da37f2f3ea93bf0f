package insights

// PeriodAll is the period of all plays. The dashboard shows it first.
const PeriodAll = "all"

// Window is a period that ends at the as_of of a snapshot.
type Window struct {
	Period string
	Days   int // of 24 hours
}

// Windows are all such periods, the shortest first.
var Windows = []Window{{"4w", 28}, {"6m", 182}, {"1y", 365}}
