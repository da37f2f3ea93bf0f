package bigqueryserver

import (
	"net/http"
	"strconv"
)

// defaultPage is the length of a list's page when the request names none.
const defaultPage = 50

// pageOf cuts the page a request asks for out of a sorted list. The token of a
// page is the key of the last item before it, so that changes between two pages move nothing.
func pageOf[T any](r *http.Request, items []T, key func(T) string) (page []T, next string, err error) {
	size, err := queryInt(r, "maxResults", defaultPage)
	if err != nil {
		return nil, "", err
	}
	if size == 0 {
		size = defaultPage
	}
	start := 0
	if token := r.URL.Query().Get("pageToken"); token != "" {
		for start < len(items) && key(items[start]) <= token {
			start++
		}
	}
	end := min(start+int(size), len(items))
	if end < len(items) {
		next = key(items[end-1])
	}
	return items[start:end], next, nil
}

// queryInt reads a number that is not negative from the query of a request's URL.
func queryInt(r *http.Request, name string, absent int64) (int64, error) {
	value := r.URL.Query().Get(name)
	if value == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 || n > 1<<50 { // room for sums, and for Unix milliseconds
		return 0, invalid("Invalid value for %s: %q", name, value)
	}
	return n, nil
}
