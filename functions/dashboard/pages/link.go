package pages

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
)

// Link returns the address of a page of this listener and period. pairs are further parameters and their values; the
// parameter period replaces the period, and a parameter without a value is left out.
func (r Request) Link(path string, pairs ...string) string {
	query := url.Values{}
	if r.Listener.ID != r.Default {
		query.Set("listener", r.Listener.ID)
	}
	if r.Period.Text != "" {
		query.Set("period", r.Period.Text)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if query.Del(pairs[i]); pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if path != "/" && query.Get("period") == insights.PeriodAll {
		query.Del("period")
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

// Kept are the hidden fields of a form that make its page one of this listener and period, as [Request.Link] does.
func (r Request) Kept() (fields []Field) {
	if r.Listener.ID != r.Default {
		fields = append(fields, Field{"listener", r.Listener.ID})
	}
	if r.Period.Text != "" && r.Period.Text != insights.PeriodAll {
		fields = append(fields, Field{"period", r.Period.Text})
	}
	return fields
}

// ItemLink returns the address of the page of a track, artist or album.
func (r Request) ItemLink(kind figures.Kind, number int) string {
	return r.Link("/" + kinds[kind].one + "/" + slug(keyOf(r.History, kind, number)))
}

// keyOf returns the id of a track, or the key of an artist or album.
func keyOf(h *history.History, kind figures.Kind, number int) string {
	switch kind {
	case figures.Artists:
		return h.Artists[number].Key
	case figures.Albums:
		return h.Albums[number].Key
	}
	return h.Tracks[number].ID
}

// slug returns a key as a part of an address: Spotify's id as it is, and a hash of anything else.
func slug(key string) string {
	if len(key) <= 64 && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == "" {
		return key
	}
	return hex(hash(key))
}

func hash(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

func hex(sum uint64) string { return fmt.Sprintf("%016x", sum) }

// find returns the number of the track, artist or album with the id of the address. The error is a *Redirect where the
// id is the hash of names that have an id of Spotify by now, and a faults.Missing where there is none.
func (r Request) find(kind figures.Kind) (number int, err error) {
	h, size := r.History, figures.Size(r.History, kind)
	// The keys are in ascending order. Only a hash has to be looked for among all of them.
	n := sort.Search(size, func(n int) bool { return keyOf(h, kind, n) >= r.ID })
	if n < size && keyOf(h, kind, n) == r.ID && slug(r.ID) == r.ID {
		return n, nil
	}
	if sum, err := strconv.ParseUint(r.ID, 16, 64); err == nil && hex(sum) == r.ID {
		for n := range size {
			if hash(keyOf(h, kind, n)) == sum {
				return n, nil
			}
		}
		for n := range size {
			if kind == figures.Artists && hash(history.ArtistKey(h.Artists[n].Name)) == sum ||
				kind == figures.Albums && hash(history.AlbumKey(h.Albums[n].Artist, h.Albums[n].Name)) == sum {
				return 0, &Redirect{To: r.ItemLink(kind, n)}
			}
		}
	}
	return 0, faults.New(faults.Missing, "Search for its name, or go back to the overview.", "%s is not in this record", faults.Quote(r.ID))
}
