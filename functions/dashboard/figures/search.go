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
	starts bool
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
	plays := playsOf(h)
	for at := 0; ; {
		next := strings.Index(h.Words.Text[at:], words[0])
		if next < 0 {
			break
		}
		item := h.Words.Item(at + next)
		text := h.Words.Of(item)
		at = int(h.Words.Starts[item]) + len(text) + 1
		if !all(text, words[1:]) {
			continue
		}
		kind, number := kindOf(h, item)
		found[kind] = append(found[kind], Found{number, int(plays[kind][number]), strings.HasPrefix(text, query)})
	}
	for kind := range found {
		slices.SortFunc(found[kind], func(a, b Found) int {
			return cmp.Or(compareBool(b.starts, a.starts), cmp.Compare(b.Plays, a.Plays), cmp.Compare(a.Number, b.Number))
		})
		found[kind] = found[kind][:min(len(found[kind]), max(limit, 0))]
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

// playsOf returns the plays of everything, by kind.
func playsOf(h *history.History) (plays [3][]int32) {
	for kind := range plays {
		plays[kind] = make([]int32, size(h, Kind(kind)))
		for n := range h.Tracks {
			if k := numberOf(h, Kind(kind), int32(n)); k != history.None {
				plays[kind][k] += h.Tracks[n].Plays
			}
		}
	}
	return plays
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
