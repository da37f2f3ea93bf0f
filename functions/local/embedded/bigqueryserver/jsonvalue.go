package bigqueryserver

import (
	"bytes"
	"strconv"
)

// literal reads a number, true, false or null, as it is written.
func (l *jsonLine) literal() ([]byte, error) {
	l.space()
	start := l.i
	for l.i < len(l.b) {
		c := l.b[l.i]
		if !letter(c) && !digit(c) && c != '-' && c != '+' && c != '.' {
			break
		}
		l.i++
	}
	v := l.b[start:l.i]
	switch {
	case len(v) == 0:
		return nil, l.fail("a value was expected")
	case v[0] == '-' || digit(v[0]):
		if !jsonNumber(v) {
			return nil, l.fail("malformed number")
		}
	case string(v) != "true" && string(v) != "false" && string(v) != "null":
		return nil, l.fail("a value was expected")
	}
	return v, nil
}

// jsonNumber tells whether v is a number by JSON's grammar.
func jsonNumber(v []byte) bool {
	v = bytes.TrimPrefix(v, []byte("-"))
	digits := func() int {
		n := 0
		for n < len(v) && digit(v[n]) {
			n++
		}
		return n
	}
	n := digits()
	if n == 0 || v[0] == '0' && n > 1 {
		return false
	}
	if v = v[n:]; len(v) > 0 && v[0] == '.' {
		v = v[1:]
		if n = digits(); n == 0 {
			return false
		}
		v = v[n:]
	}
	if len(v) > 0 && v[0]|0x20 == 'e' {
		v = v[1:]
		if len(v) > 0 && (v[0] == '+' || v[0] == '-') {
			v = v[1:]
		}
		if n = digits(); n == 0 {
			return false
		}
		v = v[n:]
	}
	return len(v) == 0
}

// skip reads any value and forgets it. depth is how many values it lies in.
func (l *jsonLine) skip(depth int) error {
	if depth > 500 {
		return l.fail("nested too deep")
	}
	switch l.peek() {
	case '"':
		_, err := l.text()
		return err
	case '[':
		l.i++
		return l.members(']', func() error { return l.skip(depth + 1) })
	case '{':
		l.i++
		return l.members('}', func() error {
			if _, err := l.text(); err != nil {
				return err
			}
			if !l.accept(':') {
				return l.fail("a colon was expected")
			}
			return l.skip(depth + 1)
		})
	}
	_, err := l.literal()
	return err
}

// members reads what is separated by commas up to an end.
func (l *jsonLine) members(end byte, member func() error) error {
	if l.accept(end) {
		return nil
	}
	for {
		l.space()
		if err := member(); err != nil {
			return err
		}
		if l.accept(end) {
			return nil
		}
		if !l.accept(',') {
			return l.fail("a comma or " + strconv.QuoteRune(rune(end)) + " was expected")
		}
	}
}
