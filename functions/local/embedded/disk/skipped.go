package disk

import (
	"log/slog"
	"sync"

	"spotify-insights.internal/shared/faults"
)

// mostNamed bounds the files that are named: somebody may unpack thousands of files into the data folder.
const mostNamed = 20

// Skipped names the files that are skipped, each one once.
type Skipped struct {
	mu    sync.Mutex
	named map[string]bool
}

// Name logs that a file of a folder is skipped, unless it was named before. It does nothing where s is nil.
func (s *Skipped) Name(folder, file, reason string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := folder + "/" + file
	if s.named[path] || len(s.named) == mostNamed {
		return
	}
	if s.named == nil {
		s.named = map[string]bool{}
	}
	s.named[path] = true
	slog.Warn("a file that does not belong here is skipped", "file", faults.Quote(file), "folder", faults.Quote(folder), "reason", reason)
	if len(s.named) == mostNamed {
		slog.Warn("further such files are skipped without a word")
	}
}
