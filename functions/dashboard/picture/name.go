package picture

import (
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// maxBytes is how much of a text is looked at. No line has room for more.
const maxBytes = 1000

// clean returns a text on one line, with letters composed and without what cannot be seen. It keeps the joiners of
// emoji and of Arabic. At most two marks may stand on a letter, so that a text does not run out of its line.
func clean(s string) string {
	marks := 0
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case unicode.IsSpace(r), r == '\u2800', r == '\u3164', r == '\u115f', r == '\u1160', r == '\uffa0': // blank letters
			return ' '
		case r == '\u200c', r == '\u200d':
			return r
		case !unicode.IsGraphic(r), r == unicode.ReplacementChar, marks > 2:
			return -1
		}
		return r
	}, norm.NFC.String(s[:min(len(s), maxBytes)]))
	return strings.Trim(strings.Join(strings.Fields(s), " "), "\u200c\u200d ")
}

// shorten returns a text that is at most width ems wide. An ellipsis ends one that had to be cut.
func (w *writer) shorten(s string, width float64) string {
	room := width - w.measure("…")
	letters, cut, i := []rune(s), 0, 0
	full := w.each(s, func(r rune, _ sfnt.GlyphIndex, x float64) {
		// A mark belongs to the letter before it, and a joiner to both sides.
		if x <= room && !unicode.In(r, unicode.M, unicode.Cf, unicode.Sk) && (i == 0 || !unicode.Is(unicode.Cf, letters[i-1])) {
			cut = i
		}
		i++
	})
	if full <= width {
		return s
	}
	s = strings.TrimRight(string(letters[:cut]), " ") + "…"
	if class, _ := bidi.LookupRune(letters[max(cut-1, 0)]); class.Class() == bidi.R || class.Class() == bidi.AL {
		s += "\u200f" // the ellipsis stands at the left end
	}
	return s
}
