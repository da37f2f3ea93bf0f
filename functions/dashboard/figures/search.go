package figures

import (
	"cmp"
	"slices"
	"strings"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/faults"
)

// maxQuery is how many bytes a search may have: more than any name that a person types.
const maxQuery = 200

// Found is what a search has found.
type Found struct {
	Number int
	Plays  int // in the whole history
}

// Search returns the tracks, artists and albums whose names have all words of a query, by kind: those whose
// name begins with the query first, then those with more plays, at most limit of each. Case and accents do not
// matter. The error is a faults.Invalid.
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
			kind, _ := kindOf(h, item)
			items[kind] = append(items[kind], int32(item))
		}
		if item+1 == len(starts) {
			break
		}
	}
	order := func(a, b int32) int {
		return cmp.Or(compareBool(strings.HasPrefix(h.Words.Of(int(b)), query), strings.HasPrefix(h.Words.Of(int(a)), query)),
			cmp.Compare(playsOf(h, int(b)), playsOf(h, int(a))), cmp.Compare(a, b))
	}
	for kind := range items {
		for _, item := range first(items[kind], min(len(items[kind]), max(limit, 0)), order) {
			_, number := kindOf(h, int(item))
			found[kind] = append(found[kind], Found{number, int(playsOf(h, int(item)))})
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

// kindOf returns what an item of the words is.
func kindOf(h *history.History, item int) (Kind, int) {
	tracks, artists := len(h.Tracks), len(h.Artists)
	switch {
	case item < tracks:
		return Tracks, item
	case item < tracks+artists:
		return Artists, item - tracks
	}
	return Albums, item - tracks - artists
}

// playsOf returns the plays of an item in the whole history.
func playsOf(h *history.History, item int) int32 {
	switch kind, number := kindOf(h, item); kind {
	case Artists:
		return h.Artists[number].Plays
	case Albums:
		return h.Albums[number].Plays
	default:
		return h.Tracks[number].Plays
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
