// Package terminal writes text from outside to a person's terminal.
package terminal

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Writer writes what is not printable as Go does in a string, except ends of lines: a name from outside could otherwise
// control the terminal, or change the order of the letters of a line.
type Writer struct{ io.Writer }

func (w Writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.Writer, printable(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

func printable(text string) string {
	if !strings.ContainsFunc(text, escaped) && utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if letter := text[:size]; escaped(r) || r == utf8.RuneError && size == 1 {
			quoted := strconv.Quote(letter)
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteString(letter)
		}
		text = text[size:]
	}
	return out.String()
}

func escaped(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
