package importer

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	"spotify-insights.internal/shared/bucket"
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

// sink is a lake that keeps nothing. It notes how much memory is used at each object.
type sink struct{ used []uint64 }

func (s *sink) List(context.Context, string) ([]bucket.Object, error) { return nil, nil }
func (s *sink) ReadJSON(context.Context, string, any) (int64, error)  { return 0, nil }
func (s *sink) WriteJSON(context.Context, string, any, int64) error   { return nil }
func (s *sink) Create(_ context.Context, _, _ string, _ []byte) (bool, error) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.used = append(s.used, m.HeapAlloc)
	return true, nil
}

// The memory does not grow with a file.
func TestMemory(t *testing.T) {
	const objects = 5
	s := &sink{}
	r := (&Importer{Lake: s, Insights: s, Now: time.Now}).newRun(bucket.Object{Name: "listener=me/x.zip"})
	list := &endless{rows: objects * lake.ExportRows}
	list.rest.WriteString("[")
	f := &file{name: audio, open: func() (io.ReadCloser, error) { return io.NopCloser(list), nil }}
	if err := r.writeObjects(t.Context(), &ranges{}, []*file{f}); err != nil {
		t.Fatal(err)
	}
	if len(s.used) != objects+1 || r.status.Rows != objects*lake.ExportRows+1 {
		t.Fatalf("%d objects with %d rows", len(s.used), r.status.Rows)
	}
	if first, last := max(s.used[0], s.used[1]), s.used[objects-2]; last > first+first/2 {
		t.Errorf("the memory grows: %d", s.used)
	}
}
