package pages

import (
	"time"
	"unicode"
	"unicode/utf8"
)

// refused is the data of the page of an error.
type refused struct{ Text, Action string }

// sentence returns a text that begins with a capital.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// Refusal returns a page that says what is wrong with a request, and what to do. Its links are those of a listener.
func Refusal(site *Site, id, text, action string) ([]byte, error) {
	r := bare(site, id, time.Now())
	page := &Page{Title: "Not shown", Data: refused{sentence(text), action}, name: "refusal"}
	return page.HTML(r)
}
