package terminal

import (
	"fmt"
	"strings"
	"testing"
)

func TestWriter(t *testing.T) {
	for text, want := range map[string]string{
		"Motörhead, 東京\n":                   "Motörhead, 東京\n",
		"\x1b]0;title\a\x1b[2Jred":          `\x1b]0;title\a\x1b[2Jred`,
		"\u009b31m":                         `\u009b31m`, // a control sequence of one rune
		"a\rb\tc\bd":                        `a\rb\tc\bd`,
		"abc\u202edef":                      `abc\u202edef`, // reverses what follows
		"\xff\x9b":                          `\xff\x9b`,
		"file \u2066name\u2069\u200b.zip\n": `file \u2066name\u2069\u200b.zip` + "\n",
	} {
		var out strings.Builder
		if n, err := fmt.Fprint(Writer{&out}, text); n != len(text) || err != nil || out.String() != want {
			t.Errorf("%q is written as %q, want %q (%d, %v)", text, out.String(), want, n, err)
		}
	}
}
