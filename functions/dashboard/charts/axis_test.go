package charts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestScale(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   string
	}{
		{nil, "[0 1]"},
		{[]float64{0, -5}, "[0 1]"},
		{[]float64{1}, "[0 1]"},
		{[]float64{2}, "[0 1 2]"},
		{[]float64{0.5}, "[0 0.2 0.4 0.6]"},
		{[]float64{4}, "[0 2 4]"},
		{[]float64{118, 3}, "[0 50 100 150]"},
		{[]float64{150}, "[0 50 100 150]"},
		{[]float64{151}, "[0 100 200]"},
		{[]float64{300}, "[0 100 200 300]"},
		{[]float64{14034}, "[0 5000 10000 15000]"},
	} {
		texts := []string{}
		for _, v := range scale(test.values) {
			texts = append(texts, coordinate(v))
		}
		if got := fmt.Sprint(texts); got != test.want {
			t.Errorf("scale(%v) = %s, want %s", test.values, got, test.want)
		}
	}
}

func TestAlong(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      string
	}{
		{0, 1, "0@0 0.2@20 0.4@40 0.6@60 0.8@80 1@100"},
		{60, 200, "60@0 80@14.29 100@28.57 120@42.86 140@57.14 160@71.43 180@85.71 200@100"},
		{0.3, 0.31, "0.3@0 0.302@20 0.304@40 0.306@60 0.308@80 0.31@100"},
	} {
		got := []string{}
		for _, l := range along(test.low, test.high, func(v float64) string { return fmt.Sprintf("%.4g", v) }) {
			got = append(got, l.text+"@"+coordinate(l.at))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("along(%v, %v) = %v, want %s", test.low, test.high, got, test.want)
		}
	}
}

// TestThin checks that the labels of any number of columns neither collide nor leave the chart, at both widths.
func TestThin(t *testing.T) {
	for _, text := range []string{"Jan", "2026", "Sep 2026", "26 September 2026"} {
		for n := range 181 {
			texts := slices.Repeat([]string{text}, n)
			labels := thin(texts)
			for _, wide := range []bool{false, true} {
				pixels, end, shown := 2.4, -100.0, 0
				if wide {
					pixels = 4.8
				}
				for _, l := range labels {
					if l.class == "roomy" && !wide {
						continue
					}
					shown++
					width := 7 * float64(utf8.RuneCountInString(l.text))
					start := l.at * pixels
					if l.class == "mid" {
						start -= width / 2
					}
					if start < end+4 {
						t.Errorf("%d labels %q collide (wide: %v)", n, text, wide)
					}
					if end = start + width; end > 100*pixels+24 {
						t.Errorf("%d labels %q leave the chart (wide: %v)", n, text, wide)
					}
				}
				if n > 0 && shown == 0 || shown > 20 {
					t.Errorf("%d labels %q: %d are shown (wide: %v)", n, text, shown, wide)
				}
			}
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.254: "0.25", 7.5: "7.5", 9.994: "9.99", 9.996: "10", 45.52: "45.5", 100: "100", 999.6: "1\u202f000", 1204: "1\u202f204", 1234567: "1\u202f234\u202f567", -1: "0"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}
