package bigqueryserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonLine reads the JSON of one line, front to back, strictly by RFC 8259.
// Strings are unescaped where they lie, so a line can be read only once.
type jsonLine struct {
	b []byte
	i int
}

func (l *jsonLine) fail(what string) error {
	return fmt.Errorf("Parser terminated before end of string: %s at byte %d of the line", what, l.i)
}

func (l *jsonLine) space() {
	for l.i < len(l.b) {
		switch l.b[l.i] {
		case ' ', '\t', '\r', '\n':
			l.i++
		default:
			return
		}
	}
}

// peek is the next byte that is not white space; 0 at the end.
func (l *jsonLine) peek() byte {
	l.space()
	if l.i == len(l.b) {
		return 0
	}
	return l.b[l.i]
}

// accept moves over one byte, if it comes next.
func (l *jsonLine) accept(c byte) bool {
	if l.peek() != c {
		return false
	}
	l.i++
	return true
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain tells whether none of eight bytes is a quote, a backslash, a control
// character or part of a character beyond ASCII.
func plain(w uint64) bool {
	quote, slash := w^(lows*'"'), w^(lows*'\\')
	return (w|(w-lows*' ')|(quote-lows)|(slash-lows))&highs == 0
}

// text reads a string; the opening quote comes next. The result lies in the line itself.
func (l *jsonLine) text() ([]byte, error) {
	if !l.accept('"') {
		return nil, l.fail("a string was expected")
	}
	b, start, to := l.b, l.i, l.i
	from := start
	beyondASCII := false
	for {
		for from+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[from:])
			if !plain(w) {
				break
			}
			if to != from {
				binary.LittleEndian.PutUint64(b[to:], w)
			}
			from, to = from+8, to+8
		}
		if from == len(b) {
			l.i = from
			return nil, l.fail("unclosed string")
		}
		switch c := b[from]; {
		case c == '"':
			l.i = from + 1
			s := b[start:to]
			if beyondASCII && !utf8.Valid(s) {
				return nil, errors.New("invalid UTF-8 in a string")
			}
			return s, nil
		case c == '\\':
			l.i = from
			r, err := l.escape()
			if err != nil {
				return nil, err
			}
			from = l.i
			to += utf8.EncodeRune(b[to:from], r)
		case c < ' ':
			l.i = from
			return nil, l.fail("control character in a string")
		default:
			beyondASCII = beyondASCII || c >= utf8.RuneSelf
			b[to] = c
			from, to = from+1, to+1
		}
	}
}

// escape reads the escape sequence at l.i. It is longer than what it stands for.
func (l *jsonLine) escape() (rune, error) {
	if l.i+1 >= len(l.b) {
		return 0, l.fail("unclosed string")
	}
	switch c := l.b[l.i+1]; c {
	case '"', '\\', '/':
		l.i += 2
		return rune(c), nil
	case 'b':
		l.i += 2
		return '\b', nil
	case 'f':
		l.i += 2
		return '\f', nil
	case 'n':
		l.i += 2
		return '\n', nil
	case 'r':
		l.i += 2
		return '\r', nil
	case 't':
		l.i += 2
		return '\t', nil
	case 'u':
		return l.unicodeEscape()
	}
	return 0, l.fail("invalid escape")
}

func (l *jsonLine) unicodeEscape() (rune, error) {
	hex := func() (rune, bool) {
		if l.i+6 > len(l.b) || l.b[l.i] != '\\' || l.b[l.i+1] != 'u' {
			return 0, false
		}
		n := rune(0)
		for _, c := range l.b[l.i+2 : l.i+6] {
			switch {
			case digit(c):
				n = n<<4 | rune(c-'0')
			case c|0x20 >= 'a' && c|0x20 <= 'f':
				n = n<<4 | rune(c|0x20-'a'+10)
			default:
				return 0, false
			}
		}
		l.i += 6
		return n, true
	}
	r, ok := hex()
	if !ok {
		return 0, l.fail("invalid escape")
	}
	if utf16.IsSurrogate(r) {
		low, ok := hex()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return 0, l.fail("half a surrogate pair")
		}
	}
	if r == 0 {
		return 0, l.fail("NUL in a string")
	}
	return r, nil
}
