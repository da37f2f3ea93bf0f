package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var sizes = map[string]Size{"portrait": Portrait, "story": Story, "wide": Wide}

var full = Year{
	Listener: "Anna", Title: "2026", Plays: "1\u202f412", AtLeast: true, Hours: "78 h", Days: "61 days",
	Artists: []Line{
		{Name: "Oblong Orchard", Count: "241 plays"}, {Name: "The Granite Milliners", Count: "198 plays"},
		{Name: "Dvořák & Łódź", Count: "160 plays"}, {Name: "Damp Hedgehog", Count: "139 plays"}, {Name: "Inland Barometer", Count: "96 plays"},
	},
	Album:  Line{Name: "Low Tide Almanac", By: "The Granite Milliners", Count: "124 plays"},
	Track:  Line{Name: "Finding the Anchorage", By: "Oblong Orchard", Count: "32 plays"},
	Months: [12]float64{30, 44, 51, 20, 0, 33, 78, 61, 40, 55, 49, 12},
}

// named returns a year in which everything has one name.
func named(name string) Year {
	l := Line{Name: name, By: name, Count: "7 plays", Key: name}
	return Year{Listener: name, Title: name, Plays: name, Hours: name, Days: name, Artists: []Line{l, l, l, l, l, l}, Album: l, Track: l,
		Months: [12]float64{1}}
}

func years() map[string]Year {
	years := map[string]Year{"full": full, "zero": {}, "nothing": {Listener: "Anna", Title: "2019", Plays: "0"},
		"blank names": {Artists: []Line{{}, {}}, Album: Line{Count: "1 play"}}}
	for kind, name := range map[string]string{
		"markup": `</text></svg><script>alert("'&]]>`, "control": "a\x00\x01\x1b\x7f\u0085\ufffe\uffffb", "invalid": "\xff\xfe\xc3(\xed\xa0\x80",
		"long": strings.Repeat("W", 4000), "long words": strings.Repeat("Ünder würds ", 400), "arabic": "فيروز محمد عبد الوهاب",
		"reversed": "\u202ereversed\u2066", "emoji": strings.Repeat("👩‍👩‍👧🏳️‍🌈", 40), "han": strings.Repeat("魚図鑑", 50),
		"blank": " \t\n\u3000\u200b", "marks": "Z" + strings.Repeat("\u0335\u0301", 2000), "ellipsis": "…",
	} {
		years[kind] = named(name)
	}
	return years
}

// smaller returns a size with an eighth of its sides. The race detector makes a PNG of the whole size slow.
func smaller(s Size) Size {
	s.Width, s.Height = s.Width/8, s.Height/8
	for _, p := range []*place{&s.hero, &s.who, &s.title, &s.figures, &s.first, &s.list, &s.cards, &s.months, &s.print} {
		*p = place{p.x / 8, p.y / 8, p.size / 8, p.width / 8, p.step / 8}
	}
	return s
}

// TestDecodes encodes every year in every size, and looks at what a reader sees.
func TestDecodes(t *testing.T) {
	for kind, y := range years() {
		for name, size := range sizes {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				svg := SVG(y, size)
				writeLook(t, svg, ".svg")
				texts := parse(t, svg, size)
				for _, text := range texts {
					if text == "" || strings.TrimSpace(text) != text {
						t.Errorf("text %q is blank or has space at an end", text)
					}
				}
				if len(svg) > 100_000 {
					t.Errorf("SVG has %d bytes", len(svg))
				}

				if kind != "full" && os.Getenv("PICTURES") == "" {
					size = smaller(size)
				}
				file, err := PNG(y, size)
				if err != nil {
					t.Fatal(err)
				}
				writeLook(t, file, ".png")
				img, err := png.Decode(bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				if got := img.Bounds().Max; got.X != size.Width || got.Y != size.Height {
					t.Errorf("PNG is %v, want %d × %d", got, size.Width, size.Height)
				}
			})
		}
	}
}

// writeLook keeps a picture in the folder PICTURES, if it is set, to be looked at in its whole size.
func writeLook(t *testing.T, picture []byte, extension string) {
	if folder := os.Getenv("PICTURES"); folder != "" {
		name := strings.NewReplacer("/", "-", "_", "-").Replace(strings.TrimPrefix(t.Name(), "TestDecodes/"))
		if err := os.WriteFile(filepath.Join(folder, name+extension), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// parse returns the texts of an SVG. It fails if the SVG is no XML, has another size, has an element that it need not
// have, or refers to something outside itself.
func parse(t *testing.T, svg []byte, size Size) []string {
	t.Helper()
	elements := map[string]bool{"svg": true, "title": true, "style": true, "path": true, "clipPath": true, "g": true, "text": true}
	var texts []string
	var inText bool
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			if !elements[name] {
				t.Errorf("SVG has the element %q", name)
			}
			if inText = name == "text"; inText {
				texts = append(texts, "")
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "style" ||
					strings.Contains(a.Value, "url(") && !strings.HasPrefix(a.Value, "url(#picture-") {
					t.Errorf("SVG has the attribute %s=%q", a.Name.Local, a.Value)
				}
				if want := map[string]int{"width": size.Width, "height": size.Height}[a.Name.Local]; want != 0 && a.Value != fmt.Sprint(want) {
					t.Errorf("%s is %s, want %d", a.Name.Local, a.Value, want)
				}
			}
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				texts[len(texts)-1] += string(token)
			} else if i := strings.Count(string(token), "url("); i != strings.Count(string(token), "url(data:font/woff2;base64,") {
				t.Error("the style refers to something outside the SVG")
			}
		}
	}
}

func TestWords(t *testing.T) {
	invented, exact, arabic := full, full, named("فيروز")
	invented.Invented, exact.AtLeast = true, false
	for name, test := range map[string]struct {
		year Year
		want []string
		not  []string
	}{
		"a lower bound":     {full, []string{"2026", "Anna", "≥ 1 412", "78 h", "61 days", "counted from my own record · Spotify Insights"}, nil},
		"an exact number":   {exact, []string{"1 412"}, []string{"≥ 1 412"}},
		"names":             {full, []string{"Oblong Orchard", "Inland Barometer", "Low Tide Almanac", "Finding the Anchorage", "241 plays"}, []string{"Nothing played"}},
		"the demo":          {invented, []string{"an invented listener", "counted from an invented record · Spotify Insights"}, []string{"Anna"}},
		"nothing":           {Year{Title: "2019", Plays: "0"}, []string{"2019", "0", "Nothing played"}, []string{"Most played artist", "J"}},
		"a blank name":      {named("\u3000"), []string{"No name", "7 plays"}, nil},
		"a foreign script":  {arabic, []string{"فيروز", "7 plays"}, nil},
		"the same in a PNG": {arabic.clean().legible(), []string{"7 plays"}, []string{"فيروز"}},
	} {
		t.Run(name, func(t *testing.T) {
			texts := parse(t, SVG(test.year, Portrait), Portrait)
			for _, want := range test.want {
				if !slices.Contains(texts, want) {
					t.Errorf("%q is missing in %q", want, texts)
				}
			}
			for _, not := range test.not {
				if slices.Contains(texts, not) {
					t.Errorf("%q is in %q", not, texts)
				}
			}
		})
	}
}

func TestUnchanged(t *testing.T) {
	y := named("\u3000")
	SVG(y, Portrait)
	if _, err := PNG(y, smaller(Portrait)); err != nil {
		t.Fatal(err)
	}
	if y.Artists[0] != y.Album || y.Album.Name != "\u3000" {
		t.Errorf("the caller's year has the album %+v", y.Album)
	}
}

func TestSamePNG(t *testing.T) {
	size := smaller(Portrait)
	first, err := PNG(full, size)
	second, _ := PNG(full, size)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two PNGs of one year differ (%v)", err)
	}
}

// TestPolicy allows the style sheet that is in the SVG, by its hash.
func TestPolicy(t *testing.T) {
	_, style, _ := strings.Cut(string(SVG(full, Wide)), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(Policy, "style-src 'sha256-"+hash+"'; font-src data:") {
		t.Errorf("the policy %q does not allow the style with the hash %s", Policy, hash)
	}
}

func TestNoPixels(t *testing.T) {
	if _, err := PNG(full, Size{}); err == nil {
		t.Error("a picture without pixels is no error")
	}
}

func BenchmarkSVG(b *testing.B) {
	for b.Loop() {
		SVG(full, Portrait)
	}
}

func BenchmarkPNG(b *testing.B) {
	for name, size := range sizes {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := PNG(full, size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
