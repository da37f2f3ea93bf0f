package importer

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"spotify-insights.internal/shared/lake"
)

// endless is a history with a number of rows, which is nowhere as a whole.
type endless struct {
	rows int
	rest bytes.Buffer
}

func (e *endless) Read(p []byte) (int, error) {
	for e.rest.Len() < len(p) && e.rows >= 0 {
		if e.rows--; e.rows < 0 {
			e.rest.WriteString("null]")
		} else {
			e.rest.WriteString(`{"ts":"2023-05-01T10:00:00Z","ms_played":200000,"spotify_track_uri":"spotify:track:a"},`)
		}
	}
	return e.rest.Read(p)
}

// The memory does not grow with a file: only the part that becomes one object is in memory.
func TestMemory(t *testing.T) {
	const objects = 5
	list := &endless{rows: objects * lake.ExportRows}
	list.rest.WriteString("[")
	f := &file{name: audio, open: func() (io.ReadCloser, error) { return io.NopCloser(list), nil }}
	var used []uint64
	rows := 0
	err := (&reader{source: &ranges{}}).each(f, func(p part) error {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		used, rows = append(used, m.HeapAlloc), rows+p.rows
		return nil
	})
	if err != nil || len(used) != objects+1 || rows != objects*lake.ExportRows+1 {
		t.Fatalf("%d parts with %d rows, %v", len(used), rows, err)
	}
	if first, last := max(used[0], used[1]), used[objects-2]; last > first+first/2 {
		t.Errorf("the memory grows: %d", used)
	}
}
