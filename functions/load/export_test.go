package load

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/lake"
)

// brokenLake is a lake of which nothing can be looked up.
type brokenLake struct{}

func (brokenLake) Attrs(context.Context, string) (bucket.Object, error) {
	return bucket.Object{}, errors.New("backendError")
}

// An import wakes topten once: with the last of its objects that is loaded, or with its manifest. Whichever is loaded
// last publishes, so that no wake-up is lost.
func TestExports(t *testing.T) {
	m := machinetest.Open(t)
	r := &rig{Rig: m, Function: &Function{Bucket: m.Config.LakeBucket, Lake: m.Lake, Loader: m.Loader, Now: time.Now}}
	r.Function.Loader.Warehouse, r.Function.Loader.Publisher = r, r
	noon := time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)
	files := func() [][]lake.PlayRow {
		return [][]lake.PlayRow{{machinetest.Play(noon, "a")}, {machinetest.Play(noon.Add(-time.Hour), "b")}}
	}
	const object, other, manifest = 0, 1, 2
	for zip, tt := range map[string]struct {
		early    []int // loaded before the manifest is written
		late     []int // and after it
		messages int
	}{
		"01": {[]int{object, other}, []int{manifest}, 1},
		"02": {[]int{object}, []int{manifest, other}, 2}, // an event was late
		"03": {[]int{object}, []int{other, manifest}, 2},
		"04": {nil, []int{manifest, other, object}, 3},
		"05": {[]int{object, object, other}, []int{manifest}, 1}, // an event was repeated
		"06": {[]int{object, other}, nil, 0},                     // an import that was interrupted
	} {
		r.Messages = 0
		objects, account := machinetest.Export("me", zip, noon, files()...)
		names := []string{lake.ExportName("me", zip, 0, 0, 0), lake.ExportName("me", zip, 1, 0, 0), lake.ManifestName("me", zip)}
		for _, name := range names[:manifest] {
			content, err := lake.Encode(objects[name])
			if err != nil {
				t.Fatal(err)
			}
			r.Put(t, name, content)
		}
		for n, i := range slices.Concat(tt.early, tt.late) {
			if n == len(tt.early) {
				r.PutManifest(t, "me", account)
			}
			if err := r.Handle(t.Context(), machinetest.Finalized(r.Bucket, names[i], time.Now())); err != nil {
				t.Fatal(err)
			}
		}
		if r.Messages != tt.messages {
			t.Errorf("export %s: %d messages, want %d", zip, r.Messages, tt.messages)
		}
	}

	unfinished := lake.ExportName("me", "06", 0, 0, 0)
	for what, prepare := range map[string]func() time.Duration{
		"the manifest cannot be looked up": func() time.Duration { r.Function.Lake = brokenLake{}; return 0 },
		"the load gives up":                func() time.Duration { r.appendError = errors.New("backendError"); return retryLimit + time.Minute },
	} {
		r.Messages, r.Function.Lake, r.appendError = 0, m.Lake, nil
		age := prepare()
		if err := r.Handle(t.Context(), machinetest.Finalized(r.Bucket, unfinished, time.Now().Add(-age))); err != nil || r.Messages != 1 {
			t.Errorf("%s: %d messages, %v; want 1", what, r.Messages, err)
		}
	}
}
