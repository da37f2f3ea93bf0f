package picture

import (
	_ "embed"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/width"
)

var (
	//go:embed font/figtree-400.ttf
	regularTTF []byte
	//go:embed font/figtree-700.ttf
	boldTTF []byte

	regular, bold = mustParse(regularTTF), mustParse(boldTTF)
)

func mustParse(ttf []byte) *sfnt.Font {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return f
}

// em is the scale in which glyphs are loaded.
var em = fixed.I(1000)

// writer measures and outlines text of one weight. It is not safe for concurrent use.
type writer struct {
	font *sfnt.Font
	buf  sfnt.Buffer
}

func newWriter(isBold bool) *writer {
	if isBold {
		return &writer{font: bold}
	}
	return &writer{font: regular}
}

// each calls f with each letter of a text, its glyph and how far it is from the start, and returns the width of the
// text, both in ems. A letter that the font lacks has glyph 0 and a guessed width.
func (w *writer) each(s string, f func(r rune, glyph sfnt.GlyphIndex, x float64)) float64 {
	var x float64
	var before sfnt.GlyphIndex
	for _, r := range s {
		glyph := w.glyph(r)
		if kern, err := w.font.Kern(&w.buf, before, glyph, em, font.HintingNone); err == nil && before != 0 && glyph != 0 {
			x += float64(kern) / float64(em)
		}
		f(r, glyph, x)
		x += w.advance(r, glyph)
		before = glyph
	}
	return x
}

// glyph returns 0 if the font lacks the letter. The font has marks, but a mark has to be placed over its letter.
func (w *writer) glyph(r rune) sfnt.GlyphIndex {
	if unicode.Is(unicode.M, r) {
		return 0
	}
	glyph, err := w.font.GlyphIndex(&w.buf, r)
	if err != nil {
		return 0
	}
	return glyph
}

func (w *writer) advance(r rune, glyph sfnt.GlyphIndex) float64 {
	if glyph != 0 {
		if a, err := w.font.GlyphAdvance(&w.buf, glyph, em, font.HintingNone); err == nil {
			return float64(a) / float64(em)
		}
	}
	switch kind := width.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case kind == width.EastAsianWide && unicode.Is(unicode.So, r): // emoji
		return 1.3
	case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
		return 1
	}
	return 0.6
}

// writable reports whether the font has something to show for a text, and has every letter of it.
func writable(s string) bool {
	has := s != ""
	newWriter(false).each(s, func(_ rune, glyph sfnt.GlyphIndex, _ float64) { has = has && glyph != 0 })
	return has
}

// measure returns the width of a text in ems.
func (w *writer) measure(s string) float64 {
	return w.each(s, func(rune, sfnt.GlyphIndex, float64) {})
}

// outline returns a text as a path. It leaves out the letters that the font lacks.
func (w *writer) outline(t text) path {
	scale := t.size / float64(em)
	var p path
	w.each(t.string, func(_ rune, glyph sfnt.GlyphIndex, x float64) {
		if glyph == 0 {
			return
		}
		segments, err := w.font.LoadGlyph(&w.buf, glyph, em, nil)
		if err != nil {
			return
		}
		for _, segment := range segments {
			var points []float64
			for _, arg := range segment.Args[:[4]int{1, 1, 2, 3}[segment.Op]] {
				points = append(points, t.x+x*t.size+float64(arg.X)*scale, t.y+float64(arg.Y)*scale)
			}
			p = append(p, step{"MLQC"[segment.Op], points})
		}
	})
	return p
}
