package machinetest

import (
	"bytes"
	"encoding/json"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"spotify-insights.internal/shared/logging"
)

// Line is a line of the log as Cloud Logging gets it.
type Line map[string]any

// Logs collects what is logged until the test ends. The function that it returns returns the lines with a message that
// were logged since its last call.
func Logs(t testing.TB) func(message string) []Line {
	t.Helper()
	before, writer, out := slog.Default(), log.Writer(), logOf(t)
	read := len(out.String())
	slog.SetDefault(slog.New(logging.Handler(out, "some-project")))
	t.Cleanup(func() {
		slog.SetDefault(before)
		log.SetOutput(writer) // SetDefault redirects the package log and does not undo it
		log.SetFlags(log.LstdFlags)
	})
	return func(message string) (lines []Line) {
		t.Helper()
		text := out.String()[read:]
		read += len(text)
		for text := range strings.SplitSeq(text, "\n") {
			if !strings.HasPrefix(text, "{") {
				continue // of the package log
			}
			var line Line
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if line["message"] == message {
				lines = append(lines, line)
			}
		}
		return lines
	}
}

// logs has what each test has logged, by the test's name without those of subtests.
var logs sync.Map

func logOf(t testing.TB) *Output {
	name, _, _ := strings.Cut(t.Name(), "/")
	out, _ := logs.LoadOrStore(name, &Output{})
	return out.(*Output)
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
