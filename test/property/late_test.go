package property

import (
	"cmp"
	"slices"
	"time"
)

// holdBack removes some objects of plays from the coming ones. They are loaded last and one by one, those with the latest
// plays first, so that each causes the smallest refresh. It prefers objects that begin just after the beginning of a
// month, because they can change listens of the month before.
func (w *world) holdBack(n int) (late []object) {
	var begin, others []string
	for _, o := range w.coming {
		at := o.oldest()
		switch {
		case at.IsZero():
		case at.Add(-6*time.Second).UTC().Month() != at.UTC().Month():
			begin = append(begin, o.name)
		default:
			others = append(others, o.name)
		}
	}
	w.dice.Shuffle(len(begin), func(i, j int) { begin[i], begin[j] = begin[j], begin[i] })
	w.dice.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	names := append(begin[:min(len(begin), n-1)], others...)
	names = names[:min(len(names), n)]
	for _, o := range w.coming {
		if slices.Contains(names, o.name) {
			late = append(late, o)
		}
	}
	w.coming = slices.DeleteFunc(slices.Clone(w.coming), func(o object) bool { return slices.Contains(names, o.name) })
	slices.SortFunc(late, func(a, b object) int {
		return cmp.Or(b.oldest().Compare(a.oldest()), cmp.Compare(a.name, b.name))
	})
	return late
}

// oldest is the time of the object's oldest play, zero where it has none.
func (o object) oldest() (at time.Time) {
	for _, row := range o.plays {
		if row.IsPlay() && (at.IsZero() || row.PlayedAt.Before(at)) {
			at = *row.PlayedAt
		}
	}
	return at
}
