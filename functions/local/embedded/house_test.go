package embedded

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
)

// house is a warehouse in a folder, with the log lines of the test.
type house struct {
	*testing.T
	file  string
	open  *warehouse
	lines bytes.Buffer
}

func newHouse(t *testing.T, dir string) *house {
	t.Helper()
	h := &house{T: t, file: filepath.Join(dir, "warehouse.duckdb")}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&h.lines, nil)))
	t.Cleanup(func() {
		h.close()
		slog.SetDefault(before)
	})
	h.start()
	return h
}

func (h *house) try() (err error) {
	h.open, err = openWarehouse(h.Context(), bigqueryserver.Options{Path: h.file, Project: Project}, "v")
	return err
}

func (h *house) start() {
	h.Helper()
	if err := h.try(); err != nil {
		h.Fatal(err)
	}
}

func (h *house) close() {
	h.Helper()
	if h.open == nil {
		return
	}
	if err := h.open.close(); err != nil {
		h.Error(err)
	}
	h.open = nil
}

// send sends a request, and returns the answer's body where its status is 200.
func (h *house) send(path string, body any) (string, error) {
	h.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.open.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/projects/local"+path, bytes.NewReader(text)))
	if w.Code != http.StatusOK {
		return "", fmt.Errorf("%d %s", w.Code, w.Body)
	}
	return w.Body.String(), nil
}

type object map[string]any

func (h *house) query(statement string) (string, error) {
	h.Helper()
	return h.send("/queries", object{"query": statement, "useLegacySql": false, "formatOptions": object{"useInt64Timestamp": true}})
}

// fill makes a table with 100,000 rows.
func (h *house) fill() {
	h.Helper()
	_, err := h.send("/datasets", object{"datasetReference": object{"datasetId": "d"}})
	if err == nil {
		_, err = h.send("/datasets/d/tables", object{"tableReference": object{"tableId": "t"}, "schema": object{"fields": []object{{"name": "n", "type": "INTEGER"}}}})
	}
	for _, statement := range []string{
		"INSERT INTO d.t VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)",
		"INSERT INTO d.t SELECT a.n * 7919 + b.n * 104729 + c.n * 1299709 + d.n * 15485863 + e.n * 179424673 FROM d.t AS a CROSS JOIN d.t AS b CROSS JOIN d.t AS c CROSS JOIN d.t AS d CROSS JOIN d.t AS e",
	} {
		if err == nil {
			_, err = h.query(statement)
		}
	}
	if err != nil {
		h.Fatal(err)
	}
}

// aside are the files that were moved aside.
func (h *house) aside() []string {
	found, err := filepath.Glob(h.file + ".corrupt-*")
	if err != nil {
		h.Fatal(err)
	}
	return found
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
