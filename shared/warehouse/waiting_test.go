package warehouse_test

import (
	"context"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"spotify-insights.internal/shared/warehouse"
)

// heldObject is an object that can be read once its reader is let in.
type heldObject struct {
	text    string
	letIn   chan struct{}
	reading chan struct{}
}

func (h heldObject) Open(ctx context.Context, _, _ string) (io.ReadCloser, error) {
	close(h.reading)
	select {
	case <-h.letIn:
		return io.NopCloser(strings.NewReader(h.text)), nil
	case <-ctx.Done():
		return nil, fs.ErrClosed
	}
}

// TestWaiting has work wait for jobs that are PENDING and RUNNING: one job reads its object only when it
// was seen running, and all the while another one's turn to write does not come.
func TestWaiting(t *testing.T) {
	object := heldObject{playLine, make(chan struct{}), make(chan struct{})}
	server := newPromptCloud(t, object)
	if err := server.open(&faultyLine{}, settingsOf("s")).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var states []string
	line := &faultyLine{seen: func(state string) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(states, state) {
			states = append(states, state)
		}
		if slices.Contains(states, "PENDING") && slices.Contains(states, "RUNNING") && state != "DONE" {
			select {
			case <-object.letIn:
			default:
				close(object.letIn)
			}
		}
	}}
	w := server.open(line, settingsOf("s"))
	var wg sync.WaitGroup
	wg.Go(func() {
		stage, err := w.StagePlays(t.Context(), []string{"gs://lake/" + goodObject})
		if err != nil {
			t.Error(err)
			return
		}
		defer stage.Drop()
		if inserted, err := stage.Merge(t.Context()); err != nil || inserted[goodObject] != 1 {
			t.Errorf("Merge() = %v, %v", inserted, err)
		}
	})
	<-object.reading // so that the other one is behind it
	wg.Go(func() {
		if _, err := w.Record(t.Context(), []warehouse.Load{{Object: goodObject, LoadedAt: since[0]}}); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	if got := strings.Join(states, " "); !strings.Contains(got, "PENDING") || !strings.Contains(got, "RUNNING") || !strings.HasSuffix(got, "DONE") {
		t.Errorf("the jobs were seen %s", got)
	}
	if known, err := w.LedgerOf(t.Context(), goodObject); err != nil || len(known) != 1 {
		t.Errorf("LedgerOf() = %v, %v", known, err)
	}
}
