package charts

import (
	"slices"
	"sort"
)

// Levels returns a level from 0 to 4 for every value. Level 0 is for 0. The other values fall into four parts of about the
// same number, 1 to 4 in ascending order. Equal values have the same level, so a part can be empty.
func Levels(values []float64) []int {
	sorted := []float64{}
	for _, v := range values {
		if positive(v) > 0 {
			sorted = append(sorted, v)
		}
	}
	slices.Sort(sorted)
	levels := make([]int, len(values))
	for i, v := range values {
		if positive(v) > 0 {
			levels[i] = 1 + 4*sort.SearchFloat64s(sorted, v)/len(sorted)
		}
	}
	return levels
}

// legend appends the levels, and the ring of a gap where there is one.
func (m *markup) legend(gap bool) {
	m.add(`<p class="key"><span>none <i class="l0"></i><i class="l1"></i><i class="l2"></i><i class="l3"></i><i class="l4"></i> more</span>`)
	if gap {
		m.add(`<span><i class="l0 gap"></i> plays may be missing</span>`)
	}
	m.add(`</p>`)
}

var weekdays = [7]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
