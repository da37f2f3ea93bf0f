package charts

import (
	"math"
	"slices"
	"testing"
)

func TestLevels(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   []int
	}{
		{nil, []int{}},
		{[]float64{0, math.NaN(), -1}, []int{0, 0, 0}},
		{[]float64{7}, []int{1}},
		{[]float64{3, 3, 3}, []int{1, 1, 1}},
		{[]float64{40, 10, 0, 30, 20}, []int{4, 1, 0, 3, 2}},
		{[]float64{1, 1, 1, 1, 1, 1, 9}, []int{1, 1, 1, 1, 1, 1, 4}}, // one great day among many small ones
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8}, []int{1, 1, 2, 2, 3, 3, 4, 4}},
	} {
		if got := Levels(test.values); !slices.Equal(got, test.want) {
			t.Errorf("Levels(%v) = %v, want %v", test.values, got, test.want)
		}
	}
}
