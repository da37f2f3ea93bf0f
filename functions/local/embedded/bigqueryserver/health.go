package bigqueryserver

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/duckdb/duckdb-go/v2"
)

// Health is what can still be done with a server's file.
type Health int32

const (
	Sound Health = iota
	// Invalidated means that DuckDB refuses every statement until the file is opened again. That follows a checkpoint that
	// failed, as on a full disk.
	Invalidated
	// Damaged means that a part of the file cannot be read.
	Damaged
)

// health is the worst that a statement has found.
type health struct{ atomic.Int32 }

func (h *health) get() Health { return Health(h.Load()) }

// note keeps what an error tells about the file.
func (h *health) note(err error) {
	e, ok := errors.AsType[*duckdb.Error](err)
	if !ok {
		return
	}
	found := Sound
	switch {
	case strings.Contains(e.Msg, "Corrupt database file"), strings.Contains(e.Msg, "Could not read enough bytes"):
		found = Damaged
	case e.Type == duckdb.ErrorTypeFatal:
		found = Invalidated
	}
	for {
		before := h.Load()
		if int32(found) <= before || h.CompareAndSwap(before, int32(found)) {
			return
		}
	}
}

// Health is what the statements until now have found.
func (s *Server) Health() Health { return s.health.get() }
