package history

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Words are the names of tracks, artists and albums as one folded text, so that a search is one pass over
// it. Each name is followed by a line break; items are numbered tracks first, then artists, then albums.
type Words struct {
	Text   string
	Starts []int32 // where the text of each item begins
}

func (w Words) bytes() int64 { return int64(len(w.Text) + 4*len(w.Starts)) }

// Of returns the folded text of an item, without its line break.
func (w Words) Of(item int) string {
	end := len(w.Text)
	if item+1 < len(w.Starts) {
		end = int(w.Starts[item+1])
	}
	return w.Text[w.Starts[item] : end-1]
}

// setWords folds all names. A track is found by its artists too, an album by its artist.
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
	for i := range h.Artists {
		add(h.Artists[i].Name, "")
	}
	for i := range h.Albums {
		add(h.Albums[i].Name, h.Albums[i].Artist)
	}
	h.Words.Text = strings.Clone(b.String())
}

// Fold returns a text without case, accents and line breaks: what a search compares.
func Fold(text string) string {
	var b strings.Builder
	writeFolded(&b, text)
	return b.String()
}

func writeFolded(b *strings.Builder, text string) {
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			writeFoldedRunes(b, text[i:])
			return
		}
		b.WriteByte(foldASCII(c))
	}
}

func writeFoldedRunes(b *strings.Builder, text string) {
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent
		case r < ' ':
			b.WriteByte(' ')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
}

func foldASCII(c byte) byte {
	switch {
	case c < ' ':
		return ' '
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}
