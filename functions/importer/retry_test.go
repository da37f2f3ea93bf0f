package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

var errNoNetwork = errors.New("no network")

// flaky is the three buckets of an Importer. Call number fail has an error, before the call or, with lost set, after it.
// Uploads are not deleted.
type flaky struct {
	uploads, lake, insights *bucket.Bucket
	calls, fail             int
	lost                    bool
	deleted                 []bucket.Object
	size                    int64 // that the upload seems to have, where it is not 0
}

// call makes a call that may fail.
func (f *flaky) call(do func() error) error {
	f.calls++
	if f.calls == f.fail && !f.lost {
		return errNoNetwork
	}
	err := do()
	if f.calls == f.fail {
		return errNoNetwork
	}
	return err
}

func (f *flaky) Attrs(ctx context.Context, name string) (o bucket.Object, err error) {
	err = f.call(func() (err error) { o, err = f.uploads.Attrs(ctx, name); return err })
	o.Size = max(o.Size, f.size)
	return o, err
}

func (f *flaky) ReadRange(ctx context.Context, o bucket.Object, offset, length int64) (content []byte, err error) {
	err = f.call(func() (err error) { content, err = f.uploads.ReadRange(ctx, o, offset, length); return err })
	return content, err
}

func (f *flaky) DeleteGeneration(_ context.Context, o bucket.Object) error {
	return f.call(func() error { f.deleted = append(f.deleted, o); return nil })
}

func (f *flaky) List(ctx context.Context, prefix string) (list []bucket.Object, err error) {
	err = f.call(func() (err error) { list, err = f.lake.List(ctx, prefix); return err })
	return list, err
}

func (f *flaky) Create(ctx context.Context, name, contentType string, content []byte) (ok bool, err error) {
	err = f.call(func() (err error) { ok, err = f.lake.Create(ctx, name, contentType, content); return err })
	return ok, err
}

func (f *flaky) ReadJSON(ctx context.Context, name string, v any) (generation int64, err error) {
	in := f.lake
	if strings.HasPrefix(name, "status/") {
		in = f.insights
	}
	err = f.call(func() (err error) { generation, err = in.ReadJSON(ctx, name, v); return err })
	return generation, err
}

func (f *flaky) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	return f.call(func() error { return f.insights.WriteJSON(ctx, name, v, generation) })
}

func flakyRig(t *testing.T) (*rig, *flaky) {
	r := newRig(t)
	f := &flaky{uploads: r.uploads, lake: r.m.Lake, insights: r.m.Insights}
	r.Uploads, r.Lake, r.Insights = f, f, f
	return r, f
}

// Whichever call fails, the next try ends with the same objects, and nothing was half-imported.
func TestRetry(t *testing.T) {
	r, f := flakyRig(t)
	e := r.put(t, "listener=me/x.zip", zipped(t, entry{audio, history(50)}, entry{"endsong_0.json", history(3)[:900]}, entry{"endsong_1.json", history(3)}))
	if err := r.Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want, status := r.objects(t), r.status(t, "me")
	if len(want) != 4 || len(f.deleted) != 1 {
		t.Fatalf("%d objects, deleted %v", len(want), f.deleted)
	}
	total := f.calls
	for _, lost := range []bool{false, true} {
		for n := 1; n <= total; n++ {
			clean(t, r)
			*f = flaky{uploads: f.uploads, lake: f.lake, insights: f.insights, fail: n, lost: lost}
			err := r.Handle(t.Context(), e)
			if !errors.Is(err, errNoNetwork) && err != nil {
				t.Fatalf("call %d of %d: %v", n, total, err)
			}
			complete := r.objects(t)[lake.ManifestName("me", status.Zip)] != nil
			if len(f.deleted) > 0 && !complete {
				t.Errorf("call %d: the upload is deleted, and the import is not complete", n)
			}
			if got := r.status(t, "me").Outcome; got == insights.Failed {
				t.Errorf("call %d: status %q, although a retry follows", n, got)
			}
			f.fail = 0
			if err := r.Handle(t.Context(), e); err != nil {
				t.Fatalf("the try after call %d: %v", n, err)
			}
			got := r.objects(t)
			if !maps.EqualFunc(got, want, slices.Equal[[]byte]) {
				t.Errorf("call %d: the objects are %v, want %v", n, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
			if s := r.status(t, "me"); s.Outcome != insights.Imported || s.Again || s.Rows != status.Rows || len(f.deleted) == 0 {
				t.Errorf("call %d: status %+v, deleted %v", n, s, f.deleted)
			}
		}
	}
}

// What Handle returns decides whether the platform delivers the event again.
func TestHandle(t *testing.T) {
	r, f := flakyRig(t)
	history := zipped(t, entry{audio, history(2)})
	const failed, running, imported = insights.Failed, insights.Running, insights.Imported
	tests := []struct {
		what      string
		object    string
		in        string // bucket of the event
		age       time.Duration
		fail      int
		size      int64
		err       string
		permanent bool
		outcome   string
		deleted   bool
	}{
		{what: "a try that fails", object: "listener=me/x.zip", fail: 4, err: "no network", outcome: running},
		{what: "a try that fails for two hours", object: "listener=me/x.zip", fail: 4, age: retryLimit + time.Minute, err: "it failed for two hours: no network", permanent: true, outcome: failed},
		{what: "an old event", object: "listener=me/x.zip", age: retryLimit + time.Minute, outcome: imported, deleted: true},
		{what: "another bucket", object: "listener=me/x.zip", in: "lake", err: "the uploads are in the bucket uploads", permanent: true},
		{what: "4 GB", object: "listener=me/x.zip", size: 4 << 30, err: "it has 4096 MB", permanent: true, outcome: failed, deleted: true},
		{what: "no listener", object: "x.zip", err: "its name has no listener", permanent: true, deleted: true},
		{what: "a listener that cannot be one", object: "listener=ME/x.zip", err: "its name has no listener", permanent: true, deleted: true},
		{what: "a folder below the listener", object: "listener=me/a/x.zip", err: "its name has no listener", permanent: true, deleted: true},
		{what: "an unknown listener", object: "listener=you/x.zip", err: `there is no listener "you"`, permanent: true, deleted: true},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			clean(t, r)
			if err := r.m.Insights.Delete(t.Context(), insights.ImportStatusName("me")); err != nil {
				t.Fatal(err)
			}
			r.put(t, tt.object, history)
			o, err := r.uploads.Attrs(t.Context(), tt.object)
			if err != nil {
				t.Fatal(err)
			}
			in := r.Bucket
			if tt.in != "" {
				in = tt.in
			}
			*f = flaky{uploads: f.uploads, lake: f.lake, insights: f.insights, fail: tt.fail, size: tt.size}
			err = r.Handle(t.Context(), finalized(t, in, o, time.Now().Add(-tt.age)))
			if fmt.Sprint(err) == "<nil>" != (tt.err == "") || !strings.Contains(fmt.Sprint(err), tt.err) || faults.Permanent(err) != tt.permanent {
				t.Errorf("error %v, want %q, permanent %v", err, tt.err, tt.permanent)
			}
			if tt.permanent && faults.Action(err) == "" {
				t.Error("the error does not contain what to do")
			}
			if got := r.status(t, "me").Outcome; got != tt.outcome {
				t.Errorf("status %q, want %q", got, tt.outcome)
			}
			if got := len(f.deleted) > 0; got != tt.deleted {
				t.Errorf("deleted: %v, want %v", got, tt.deleted)
			}
		})
	}
	if s := r.status(t, "you"); s.Outcome != failed || s.Action == "" {
		t.Errorf("the status of the unknown listener is %+v", s)
	}
}

// The event of an upload that was deleted or replaced does nothing.
func TestGone(t *testing.T) {
	r := newRig(t)
	const name = "listener=me/x.zip"
	old := r.put(t, name, zipped(t, entry{audio, history(2)}))
	r.put(t, name, zipped(t, entry{audio, history(3)}))
	if err := r.Handle(t.Context(), old); err != nil || !r.kept(t, name) || len(r.objects(t)) > 0 {
		t.Errorf("the event of a replaced upload: %v", err)
	}
	if err := r.uploads.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if err := r.Handle(t.Context(), old); err != nil || len(r.objects(t)) > 0 {
		t.Errorf("the event of a deleted upload: %v", err)
	}
	if err := r.Handle(t.Context(), machinetest.Message(time.Now())); !faults.Permanent(err) {
		t.Errorf("another type of event: %v", err)
	}
}
