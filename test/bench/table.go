package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/test/proc"
)

// The units.
const (
	milliseconds = "ms"
	seconds      = "s"
	megabytes    = "MB" // a million bytes
)

// report collects the rows of the table.
type report struct{ rows []row }

// row is the figures of one measurement.
type row struct {
	what    string
	figures []figure
}

// figure is a measured value and its upper bound, 0 for none.
type figure struct {
	measured float64
	unit     string
	reach    float64
}

// add adds a row. Its figures are in the order in which what names them.
func (r *report) add(what string, figures ...figure) {
	row := row{what, figures}
	r.rows = append(r.rows, row)
	measured, _ := row.cells()
	r.progress("%s: %s", what, measured)
}

// cells are the figures of a row and their reach, as the table has them.
func (r row) cells() (measured, reach string) {
	var all, under []string
	missed := false
	for _, f := range r.figures {
		all = append(all, quantity(f.measured, f.unit))
		if f.reach != 0 {
			under = append(under, quantity(f.reach, f.unit))
			missed = missed || f.measured >= f.reach
		}
	}
	if len(under) > 0 {
		reach = "under " + strings.Join(under, ", ")
	}
	if missed {
		reach = "**missed:** " + reach
	}
	return strings.Join(all, ", "), reach
}

// progress logs a step.
func (r *report) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// table is the report as one Markdown table, which names the machine it was measured on.
func (r *report) table(machine string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| Measured on %s | Measured | Reach |\n| --- | ---: | ---: |\n", machine)
	for _, row := range r.rows {
		measured, reach := row.cells()
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row.what, measured, reach)
	}
	return b.String()
}

// quantity writes a number with three significant digits, or all digits of a whole number.
func quantity(n float64, unit string) string {
	text := strconv.FormatFloat(n, 'f', 0, 64)
	if digits := 3 - len(text); digits > 0 && n != float64(int64(n)) {
		text = strconv.FormatFloat(n, 'f', digits, 64)
	}
	return strings.TrimSpace(text + " " + unit)
}

// thisMachine describes this machine and its software.
func thisMachine() string {
	parts := []string{runtime.GOARCH}
	if model := proc.Field("/proc/cpuinfo", "model name"); model != "" {
		parts[0] = model
	}
	parts = append(parts, fmt.Sprintf("%d cores", runtime.NumCPU()))
	if memory, err := strconv.ParseFloat(strings.TrimSuffix(proc.Field("/proc/meminfo", "MemTotal"), " kB"), 64); err == nil {
		parts = append(parts, fmt.Sprintf("%.0f GB memory", memory*1024/1e9))
	}
	system := runtime.GOOS
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		system = "Linux " + strings.TrimSpace(string(release))
	}
	return strings.Join(append(parts, system, runtime.Version()), ", ")
}

// grouped writes a number with commas between thousands.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// median is the middle of the values, or the mean of the two in the middle.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// ms is a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// mb is a number of bytes in megabytes.
func mb(bytes int64) float64 { return float64(bytes) / 1e6 }
