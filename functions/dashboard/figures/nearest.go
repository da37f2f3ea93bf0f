package figures

import (
	"cmp"
	"slices"
	"strings"

	"spotify-insights.internal/functions/dashboard/history"
)

// Nearest returns, by kind, the tracks, artists and albums whose names contain something similar to a query, at most
// limit of each: those that differ least come first, then those with more plays. The difference is the number of bytes to
// replace, insert or delete in folded texts, at most a third of those of the query. Where nothing is similar to the query,
// it counts as its longest word.
func Nearest(h *history.History, query string, limit int) [3][]Found {
	words := strings.Fields(history.Fold(query))
	found := nearest(h, strings.Join(words, " "), limit)
	if len(found[Tracks])+len(found[Artists])+len(found[Albums]) == 0 && len(words) > 1 {
		return nearest(h, slices.MaxFunc(words, func(a, b string) int { return cmp.Compare(len(a), len(b)) }), limit)
	}
	return found
}

func nearest(h *history.History, query string, limit int) (found [3][]Found) {
	p := patternOf(query)
	if p.length < 3 {
		return found
	}
	items, differences := [3][]int32{}, make([]uint8, len(h.Words.Starts))
	for i := range differences {
		differences[i] = uint8(p.difference(h.Words.Of(i)))
		if item := int32(i); int(differences[i]) <= p.length/3 {
			kind, _ := itemOf(h, item)
			items[kind] = append(items[kind], item)
		}
	}
	order := func(a, b int32) int {
		_, foundA := itemOf(h, a)
		_, foundB := itemOf(h, b)
		return cmp.Or(cmp.Compare(differences[a], differences[b]), cmp.Compare(foundB.Plays, foundA.Plays), cmp.Compare(a, b))
	}
	for kind := range items {
		for _, item := range first(items[kind], min(len(items[kind]), max(limit, 0)), order) {
			_, f := itemOf(h, item)
			found[kind] = append(found[kind], f)
		}
	}
	return found
}

// pattern is a text of at most 64 bytes that is compared with every part of other texts at once. Bit i of a mask is byte i
// of the pattern.
type pattern struct {
	masks  [256]uint64 // by byte: where the pattern has it
	length int
}

// patternOf returns the pattern of the first 64 bytes of a text.
func patternOf(text string) *pattern {
	p := &pattern{length: min(len(text), 64)}
	for i := range p.length {
		p.masks[text[i]] |= 1 << i
	}
	return p
}

// difference returns the smallest edit distance of the pattern to a part of a text. It is the algorithm of Myers, "A fast
// bit-vector algorithm for approximate string matching": more and less are the places in a column of the table of distances
// where a distance is greater or less than the one above it.
func (p *pattern) difference(text string) int {
	distance := p.length
	smallest, last := distance, uint64(1)<<(p.length-1)
	more, less := ^uint64(0), uint64(0)
	for i := range len(text) {
		equal := p.masks[text[i]]
		vertical := equal | less
		horizontal := (((equal & more) + more) ^ more) | equal
		up, down := less|^(horizontal|more), more&horizontal
		if up&last != 0 {
			distance++
		} else if down&last != 0 {
			distance--
			smallest = min(smallest, distance)
		}
		up, down = up<<1, down<<1
		more, less = down|^(vertical|up), up&vertical
	}
	return smallest
}
