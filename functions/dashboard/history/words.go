package history

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Words are the names of all tracks, artists and albums as one folded text, so that a search is one pass over
// it. A line break follows each name. The items are the tracks, then the artists, then the albums.
type Words struct {
	Text   string
	Starts []int32 // where the text of each item begins
}

// Of returns the folded text of an item, without its line break.
func (w Words) Of(item int) string {
	end := len(w.Text)
	if item+1 < len(w.Starts) {
		end = int(w.Starts[item+1])
	}
	return w.Text[w.Starts[item] : end-1]
}

// setWords folds all names. A search finds a track by its artists too, and an album by its artist.
func (h *History) setWords() {
	var b strings.Builder
	h.Words.Starts = make([]int32, 0, len(h.Tracks)+len(h.Artists)+len(h.Albums))
	add := func(name, rest string) {
		h.Words.Starts = append(h.Words.Starts, int32(b.Len()))
		writeFolded(&b, name)
		if rest != "" {
			b.WriteByte(' ')
			writeFolded(&b, rest)
		}
		b.WriteByte('\n')
	}
	for i := range h.Tracks {
		add(h.Tracks[i].Name, h.Tracks[i].Artists)
	}
	for _, groups := range [][]Group{h.Artists, h.Albums} {
		for i := range groups {
			add(groups[i].Name, groups[i].Artist)
		}
	}
	h.Words.Text = strings.Clone(b.String())
}

// Fold returns a text in lower case without accents and line breaks. A search compares folded texts.
func Fold(text string) string {
	var b strings.Builder
	writeFolded(&b, text)
	return b.String()
}

func writeFolded(b *strings.Builder, text string) {
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r < ' ':
			b.WriteByte(' ')
		case r >= utf8.RuneSelf && unicode.Is(unicode.Mn, r): // an accent
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
}
