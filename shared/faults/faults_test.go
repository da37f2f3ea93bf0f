package faults_test

import (
	"strings"
	"testing"

	"spotify-insights.internal/shared/faults"
)

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":                          `""`,
		"a\"b\n":                    `"a\"b\n"`,
		strings.Repeat("ü", 40):     `"` + strings.Repeat("ü", 40) + `"`,
		strings.Repeat("ü", 41):     `"` + strings.Repeat("ü", 40) + `"…`,
		strings.Repeat("\xff", 1e6): `"` + strings.Repeat(`\xff`, 40) + `"…`,
	} {
		if got := faults.Quote(text); got != want {
			t.Errorf("%.50q is quoted as %.300s", text, got)
		}
	}
}
