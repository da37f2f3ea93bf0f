package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"spotify-insights.internal/shared/insights"
)

// maxShown is how many rejected rows the summary names.
const maxShown = 20

// result is what an import has done.
type result struct {
	listener string
	done     insights.Import
	again    bool // it was imported before
	closed   int  // gaps
	took     time.Duration
	see      string // where the plays are shown
}

// err is not nil where a file was not read to its end.
func (r result) err() error {
	failed := 0
	for _, file := range r.done.Files {
		if file.Error != "" {
			failed++
		}
	}
	switch {
	case failed == 0:
		return nil
	case failed == len(r.done.Files):
		return errors.New("no file could be read to the end. The rows before each error are imported")
	}
	return fmt.Errorf("%d of %s could not be read to the end. The other rows are imported", failed, counted(len(r.done.Files), "file"))
}

// text is the account of an import for a person.
func (r result) text() string {
	var out strings.Builder
	if r.again {
		fmt.Fprintf(&out, "%s was already imported on %s. Nothing has changed.\n\n", insights.Printable(r.done.Name), day(r.done.ImportedAt))
	} else {
		fmt.Fprintf(&out, "%s is imported for listener %s.\n\n", insights.Printable(r.done.Name), r.listener)
	}
	writeTable(&out, r.done.Files)
	out.WriteByte('\n')
	if from, to := r.done.Oldest, r.done.Newest; from != nil && to != nil {
		fmt.Fprintf(&out, "The plays are from %s to %s.\n", day(*from), day(*to))
	}
	if r.closed > 0 {
		fmt.Fprintf(&out, "Closed: %s between hourly plays.\n", counted(r.closed, "gap"))
	}
	writeErrors(&out, r.done.Files)
	writeRejected(&out, r.done.Files)
	if !r.again {
		fmt.Fprintf(&out, "It took %v: %s rows/s.\n", r.took.Round(time.Second/10), grouped(int64(float64(r.done.Rows)/max(r.took.Seconds(), 0.001))))
	}
	out.WriteString(r.see + "\n")
	return out.String()
}

// writeTable writes a row for each file, whose numbers add up: rows = plays + duplicates + not music + rejected.
func writeTable(out *strings.Builder, files []insights.ImportedFile) {
	table := [][]string{{"file", "rows", "plays", "duplicates", "not music", "rejected"}}
	add := func(name string, f insights.ImportedFile) {
		table = append(table, []string{name, grouped(f.Rows), grouped(f.Plays), grouped(f.Duplicates), grouped(f.NotMusic), grouped(f.Rejected)})
	}
	var total insights.ImportedFile
	for _, f := range files {
		add(insights.Printable(f.Name), f)
		total.Rows += f.Rows
		total.Plays += f.Plays
		total.Duplicates += f.Duplicates
		total.NotMusic += f.NotMusic
		total.Rejected += f.Rejected
	}
	if len(files) != 1 {
		add(counted(len(files), "file"), total)
	}
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range table {
		fmt.Fprintf(out, "%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(out, "  %*s", widths[i+1], cell)
		}
		out.WriteByte('\n')
	}
}

func writeErrors(out *strings.Builder, files []insights.ImportedFile) {
	for _, f := range files {
		if f.Error != "" {
			fmt.Fprintf(out, "NOT READ TO ITS END: %s: %s\n", insights.Printable(f.Name), insights.Printable(f.Error))
		}
	}
}

// writeRejected writes the first rejected rows of all files.
func writeRejected(out *strings.Builder, files []insights.ImportedFile) {
	shown, all := 0, int64(0)
	for _, f := range files {
		all += f.Rejected
		for _, row := range f.RejectedRows {
			if shown == maxShown {
				break
			}
			if shown++; shown == 1 {
				out.WriteString("Rejected rows, which are stored and not counted:\n")
			}
			fmt.Fprintf(out, "  %s, row %d: %s\n", insights.Printable(f.Name), row.Index, insights.Printable(row.Reason))
		}
	}
	if more := all - int64(shown); more > 0 && shown > 0 {
		fmt.Fprintf(out, "  and %s more, in the table plays\n", grouped(more))
	}
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
