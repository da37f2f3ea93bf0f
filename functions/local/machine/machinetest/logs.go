package machinetest

import (
	"bytes"
	"encoding/json"
	"log"
	"log/slog"
	"os"
	"sync"
	"testing"

	"spotify-insights.internal/shared/logging"
)

// Line is a line of the log as Cloud Logging gets it.
type Line map[string]any

// Logs collects what is logged until the test ends. The function that it returns removes and returns the
// lines with a message that were logged since its last call.
func Logs(t testing.TB) func(message string) []Line {
	t.Helper()
	before, out := slog.Default(), &Output{}
	slog.SetDefault(slog.New(logging.Handler(out, "some-project")))
	t.Cleanup(func() {
		slog.SetDefault(before)
		log.SetOutput(os.Stderr) // SetDefault redirects the package log and does not undo it
		log.SetFlags(log.LstdFlags)
	})
	return func(message string) (lines []Line) {
		t.Helper()
		for _, text := range bytes.Split(out.take(), []byte("\n")) {
			if len(text) == 0 {
				continue
			}
			var line Line
			if err := json.Unmarshal(text, &line); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if line["message"] == message {
				lines = append(lines, line)
			}
		}
		return lines
	}
}

// Output collects what processes or a logger write. It can be read meanwhile.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *Output) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *Output) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *Output) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := bytes.Clone(b.buf.Bytes())
	b.buf.Reset()
	return text
}
