package figures

import (
	"cmp"
	"slices"
	"strings"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/faults"
)

// maxQuery is the largest length of a query in bytes. No name that a person types is longer.
const maxQuery = 200

// Found is a result of a search.
type Found struct {
	Number int
	Plays  int // in the whole history
}

// Search returns, by kind, the tracks, artists and albums whose names contain all words of a query, at most limit
// of each. Those whose name begins with the query come first, then those with more plays. Case and accents have
// no effect. The error is a faults.Invalid.
func Search(h *history.History, query string, limit int) (found [3][]Found, err error) {
	if len(query) > maxQuery {
		return found, faults.New(faults.Invalid, "Search for a part of a name.", "%s is too long", faults.Quote(query))
	}
	query = strings.TrimSpace(history.Fold(query))
	words := strings.Fields(query)
	if len(words) == 0 {
		return found, nil
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var items [3][]int32
	starts := h.Words.Starts
	item := 0
	for at := 0; ; at = int(starts[item+1]) {
		next := strings.Index(h.Words.Text[at:], words[0])
		if next < 0 {
			break
		}
		for item+1 < len(starts) && int(starts[item+1]) <= at+next {
			item++
		}
		if all(h.Words.Of(item), words[1:]) {
			kind, _ := itemOf(h, int32(item))
			items[kind] = append(items[kind], int32(item))
		}
		if item+1 == len(starts) {
			break
		}
	}
	begins := func(item int32) int {
		if strings.HasPrefix(h.Words.Of(int(item)), query) {
			return 1
		}
		return 0
	}
	order := func(a, b int32) int {
		_, foundA := itemOf(h, a)
		_, foundB := itemOf(h, b)
		return cmp.Or(cmp.Compare(begins(b), begins(a)), cmp.Compare(foundB.Plays, foundA.Plays), cmp.Compare(a, b))
	}
	for kind := range items {
		for _, item := range first(items[kind], min(len(items[kind]), max(limit, 0)), order) {
			_, f := itemOf(h, item)
			found[kind] = append(found[kind], f)
		}
	}
	return found, nil
}

func all(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// itemOf returns the kind of an item of [history.Words], and the item as a result of a search.
func itemOf(h *history.History, item int32) (Kind, Found) {
	n := int(item)
	if n < len(h.Tracks) {
		return Tracks, Found{n, int(h.Tracks[n].Plays)}
	}
	if n -= len(h.Tracks); n < len(h.Artists) {
		return Artists, Found{n, int(h.Artists[n].Plays)}
	}
	n -= len(h.Artists)
	return Albums, Found{n, int(h.Albums[n].Plays)}
}
