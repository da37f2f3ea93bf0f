package property

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
)

// rows returns the rows of a query of the test's own, each a line. %s is the name of the dataset.
func (w *world) rows(query string) (lines []string) {
	w.t.Helper()
	for _, values := range machinetest.Rows(w.t, w.client, strings.ReplaceAll(query, "%s", w.dataset)) {
		cells := make([]any, len(values))
		for i, v := range values {
			cells[i] = v
		}
		lines = append(lines, line(cells...))
	}
	return lines
}

// line is a row as text.
func line(cells ...any) string {
	words := make([]string, len(cells))
	for i, v := range cells {
		words[i] = word(v)
	}
	return strings.Join(words, " | ")
}

// word is a value, or where it points to.
func word(v any) string {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		if p.IsNil() {
			return "-"
		}
		v = p.Elem().Interface()
	}
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return strconv.FormatInt(v.UnixMicro(), 10)
	}
	return fmt.Sprint(v)
}

// same fails the test where rows are not the wanted ones, in any order.
func (w *world) same(what string, got, want []string) {
	w.t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return
	}
	w.t.Errorf("%s: %d rows, want %d; after %q", what, len(got), len(want), w.steps)
	w.t.Errorf("not wanted:\n%s", strings.Join(without(got, want), "\n"))
	w.t.Fatalf("missing:\n%s", strings.Join(without(want, got), "\n"))
}

// without returns the first lines of a that b lacks, each as often as it lacks it.
func without(a, b []string) (list []string) {
	number := map[string]int{}
	for _, l := range b {
		number[l]++
	}
	for _, l := range a {
		if number[l]--; number[l] < 0 && len(list) < 5 {
			list = append(list, l)
		}
	}
	return list
}
