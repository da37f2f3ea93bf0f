package picture

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"plain":             {"Low Tide", "Low Tide"},
		"composed":          {"Dvor\u030ca\u0301k", "Dvořák"},
		"spaces":            {" a\u202fb\u00a0\t\nc\u3000", "a b c"},
		"blank letters":     {"\u3164\u2800\u115f", ""},
		"control":           {"a\x00\u202e\u2066b\u200b", "ab"},
		"invalid":           {"a\xffb", "ab"},
		"joined emoji":      {"👩\u200d👧", "👩\u200d👧"},
		"joiners alone":     {"\u200d \u200d", ""},
		"too many marks":    {"Z\u0335\u0335\u0335\u0335\u0335", "Z\u0335\u0335"},
		"private and none":  {"a\ue000\uffff\U000e0001", "a"},
		"cut in the middle": {strings.Repeat("a", maxBytes-1) + "é", strings.Repeat("a", maxBytes-1)},
	} {
		if got := clean(test.text); got != test.want {
			t.Errorf("%s: clean(%q) = %q, want %q", name, test.text, got, test.want)
		}
	}
}

func TestShorten(t *testing.T) {
	w := newWriter(true)
	for _, text := range []string{"", "i", "Finding the Anchorage", strings.Repeat("W", 300), strings.Repeat("👩\u200d👧", 30), strings.Repeat("é\u0335", 50), strings.Repeat("魚", 50)} {
		for width := 1.0; width < 30; width += 0.7 {
			got := w.shorten(text, width)
			head, isCut := strings.CutSuffix(got, "…")
			switch {
			case w.measure(got) > width:
				t.Errorf("%q is wider than %v", got, width)
			case !strings.HasPrefix(text, head):
				t.Errorf("%q is no beginning of %q", head, text)
			case isCut != (w.measure(text) > width):
				t.Errorf("%q is cut to %v: %v", text, width, isCut)
			case strings.HasSuffix(head, "\u200d"), strings.HasPrefix(text[len(head):], "\u200d"), strings.HasPrefix(text[len(head):], "\u0335"):
				t.Errorf("%q takes a letter apart", got)
			}
		}
	}
	if got := w.shorten("فيروز محمد", 3); !strings.HasSuffix(got, "…\u200f") {
		t.Errorf("the ellipsis of %q is not at the left end", got)
	}
}

func TestMeasure(t *testing.T) {
	w := newWriter(false)
	for text, want := range map[string]float64{"": 0, "魚": 1, "ع": 0.6, "\u0335": 0, "👩\u200d": 1.3} {
		if got := w.measure(text); got != want {
			t.Errorf("measure(%q) = %v, want %v", text, got, want)
		}
	}
	if apart, together := w.measure("A")+w.measure("V"), w.measure("AV"); together >= apart {
		t.Errorf("AV is %v wide, its letters %v: they are not kerned", together, apart)
	}
	if narrow, wide := w.measure("plays"), newWriter(true).measure("plays"); narrow >= wide {
		t.Errorf("bold text is %v wide, regular %v", wide, narrow)
	}
}

func TestWritable(t *testing.T) {
	for text, want := range map[string]bool{"": false, "≥ 1 412 · Łódź…": true, "فيروز": false, "Z\u0335": false, "魚": false, "a👩": false} {
		if got := writable(text); got != want {
			t.Errorf("writable(%q) = %v", text, got)
		}
	}
}
