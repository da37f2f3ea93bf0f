package objects_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/objects"
)

func open(t *testing.T) *objects.Bucket {
	t.Helper()
	b, err := objects.Open(t.Context(), machinetest.Start(t).Settings.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCreateOnce(t *testing.T) {
	b := open(t)
	var written atomic.Int64
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			ok, err := b.Create(t.Context(), "a/b.txt", "text/plain", []byte(fmt.Sprint(n)))
			if err != nil {
				t.Error(err)
			}
			if ok {
				written.Add(1)
			}
		})
	}
	wg.Wait()
	if written.Load() != 1 {
		t.Errorf("%d of 8 writers wrote", written.Load())
	}
	if a, err := b.Attrs(t.Context(), "a/b.txt"); err != nil || a.Size != 1 || a.Generation == 0 {
		t.Errorf("Attrs() = %+v, %v", a, err)
	}
	if _, err := b.Attrs(t.Context(), "a/c.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("attributes of nothing: %v", err)
	}
}

func TestDocuments(t *testing.T) {
	b := open(t)
	var v map[string]int
	if generation, err := b.ReadJSON(t.Context(), "d.json", &v); generation != 0 || err != nil || v != nil {
		t.Errorf("reading nothing: %d, %v", generation, err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 1}, 0); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 2}, 0); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("writing over what was not read: %v", err)
	}
	generation, err := b.ReadJSON(t.Context(), "d.json", &v)
	if err != nil || v["n"] != 1 {
		t.Fatalf("ReadJSON() = %v, %v", v, err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 3}, generation); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 4}, generation); !errors.Is(err, objects.ErrPrecondition) {
		t.Errorf("writing over another's: %v", err)
	}
	if _, err := b.Create(t.Context(), "bad.json", "application/json", []byte(`{"n":`)); err != nil {
		t.Fatal(err)
	}
	if generation, err := b.ReadJSON(t.Context(), "bad.json", &v); err == nil || generation == 0 {
		t.Errorf("half of a document: generation %d, %v", generation, err)
	}
}

func TestList(t *testing.T) {
	b := open(t)
	for n := range 25 {
		if _, err := b.Create(t.Context(), fmt.Sprintf("x/%02d", n), "text/plain", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Create(t.Context(), "y/1", "text/plain", nil); err != nil {
		t.Fatal(err)
	}
	list, err := b.List(t.Context(), "x/")
	if err != nil || len(list) != 25 || !slices.IsSortedFunc(list, func(a, b objects.Attrs) int { return int(a.Generation - b.Generation) }) {
		t.Errorf("List() = %+v, %v", list, err)
	}
}
