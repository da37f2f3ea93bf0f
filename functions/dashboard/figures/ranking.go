package figures

import (
	"cmp"
	"slices"
	"sort"
)

// By is the order of a ranking.
type By int

// The values of By.
const (
	ByPlays By = iota
	ByTime
)

// Ranked is a place in a ranking.
type Ranked struct {
	Rank   int // from 1
	Before int // rank in the counts that it is compared with, such as those of the previous range; 0 without a listen there
	Number int
	Count
}

// Ranking returns places offset+1 to offset+limit of the ranking of a kind, and the number of all places.
// More plays come first, then more time, then the later last listen, then the lower id; by time, time comes
// before plays. before are the counts of the previous range, or nil.
func (c *Counts) Ranking(kind Kind, by By, before *Counts, offset, limit int) (places []Ranked, total int) {
	numbers := make([]int32, 0, played(c.kinds[kind]))
	for n, count := range c.kinds[kind] {
		if count.Plays > 0 {
			numbers = append(numbers, int32(n))
		}
	}
	total = len(numbers)
	offset = min(max(offset, 0), total)
	limit = min(max(limit, 0), total-offset)
	numbers = first(numbers, offset+limit, c.order(kind, by))
	places = make([]Ranked, 0, limit)
	for i, n := range numbers[offset:] {
		places = append(places, Ranked{Rank: offset + i + 1, Number: int(n), Count: c.kinds[kind][n]})
	}
	if before != nil {
		before.rank(kind, by, places)
	}
	return places, total
}

// order returns the comparison of two numbers in a ranking.
func (c *Counts) order(kind Kind, by By) func(a, b int32) int {
	counts, at := c.kinds[kind], c.slice.At
	return func(a, b int32) int {
		x, y := &counts[a], &counts[b]
		plays, time := cmp.Compare(y.Plays, x.Plays), cmp.Compare(y.MS, x.MS)
		if by == ByTime {
			plays, time = time, plays
		}
		switch {
		case plays != 0:
			return plays
		case time != 0:
			return time
		case x.Plays == 0:
			return cmp.Compare(a, b)
		}
		return cmp.Or(cmp.Compare(at[y.Last], at[x.Last]), cmp.Compare(a, b))
	}
}

// rank sets Before of the places. It sorts only the places, and counts how many numbers precede each of them.
func (c *Counts) rank(kind Kind, by By, places []Ranked) {
	order := c.order(kind, by)
	sorted := make([]*Ranked, 0, len(places))
	for i := range places {
		if c.kinds[kind][places[i].Number].Plays > 0 {
			sorted = append(sorted, &places[i])
		}
	}
	slices.SortFunc(sorted, func(a, b *Ranked) int { return order(int32(a.Number), int32(b.Number)) })
	ahead := make([]int, len(sorted)+1) // how many numbers are between a place and the previous place
	for n, count := range c.kinds[kind] {
		if count.Plays > 0 {
			ahead[sort.Search(len(sorted), func(i int) bool { return order(int32(sorted[i].Number), int32(n)) > 0 })]++
		}
	}
	rank := 0
	for i, place := range sorted {
		rank += ahead[i] // the place itself is counted in the next one
		place.Before = rank + 1
	}
}

// first returns the first k items in an order. It uses a heap of k items whose root is the last of them.
func first(items []int32, k int, order func(a, b int32) int) []int32 {
	if k > len(items)/8 {
		slices.SortFunc(items, order)
		return items[:k]
	}
	heap := items[:k]
	for i := k/2 - 1; i >= 0; i-- {
		sink(heap, i, order)
	}
	for _, item := range items[k:] {
		if k > 0 && order(item, heap[0]) < 0 {
			heap[0] = item
			sink(heap, 0, order)
		}
	}
	slices.SortFunc(heap, order)
	return heap
}

// sink repairs a heap whose item i may precede its children.
func sink(heap []int32, i int, order func(a, b int32) int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && order(heap[child], heap[child+1]) < 0 {
			child++
		}
		if order(heap[i], heap[child]) >= 0 {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
