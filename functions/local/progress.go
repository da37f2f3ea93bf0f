package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"spotify-insights.internal/shared/insights"
)

// The phases of an import.
const (
	phaseUpload = "uploading"
	phaseBegin  = "waiting for the import to begin"
	phaseRead   = "reading"
	phaseLoad   = "loading and ranking"
)

const (
	// redrawn is the period in which a line on a terminal is written again.
	redrawn = 100 * time.Millisecond
	// repeated is the period of new lines where there is no terminal.
	repeated = 5 * time.Second
)

// progress shows how far an import is: on a terminal in one line that is written again, else in a line every few seconds.
type progress struct {
	out      io.Writer
	terminal bool
	phase    string
	shownAt  time.Time
}

func newProgress(out *os.File) *progress {
	info, err := out.Stat()
	return &progress{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// show shows a phase and how far it is, which may be empty.
func (p *progress) show(phase, detail string) {
	pause := repeated
	if p.terminal {
		pause = redrawn
	}
	now := time.Now()
	if phase == p.phase && now.Sub(p.shownAt) < pause {
		return
	}
	line := phase
	if detail != "" {
		line += ": " + detail
	}
	p.phase, p.shownAt = phase, now
	if p.terminal {
		fmt.Fprint(p.out, clearLine+line)
		return
	}
	fmt.Fprintln(p.out, line)
}

// clearLine moves to the beginning of the line and clears it.
const clearLine = "\r\x1b[K"

// end makes place for other output.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.out, clearLine)
	}
}

// reading says how far the importer has read.
func reading(s insights.ImportStatus) string {
	text := counted(len(s.Files), "file") + ", " + counted(int(s.Rows), "row")
	took := s.UpdatedAt.Sub(s.StartedAt)
	if took < time.Second || s.Rows == 0 {
		return text
	}
	text += fmt.Sprintf(", %s rows/s", grouped(int64(float64(s.Rows)/took.Seconds())))
	if s.Size > 0 && s.Read > 0 && s.Read <= s.Size {
		left := time.Duration(float64(took) * float64(s.Size-s.Read) / float64(s.Read))
		text += fmt.Sprintf(", %d %%, %v left", s.Read*100/s.Size, left.Round(time.Second))
	}
	return text
}

func megabytes(n, of int64) string {
	const mega = 1_000_000
	return fmt.Sprintf("%s of %s MB", grouped(n/mega), grouped((of+mega-1)/mega))
}

var english = message.NewPrinter(language.English)

// grouped writes a number with commas between thousands.
func grouped[N int | int64](n N) string { return english.Sprintf("%d", n) }

func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + one + "s"
}
