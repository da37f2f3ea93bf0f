package fakespotify

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"time"
)

func TestFaultsOfFeatures(t *testing.T) {
	kinds := []struct {
		kind   Kind
		status int
	}{{RateLimited, 429}, {QuotaExceeded, 429}, {InternalError, 500}, {BadGateway, 502}, {Unavailable, 503}, {Forbidden, 403}, {HTML, 200},
		{HTMLBadGateway, 502}, {BrokenJSON, 200}, {CutJSON, 200}, {CutConnection, 200}, {EmptyBody, 200}}
	for _, provider := range providers {
		for _, tt := range kinds {
			t.Run(provider+" "+string(tt.kind), func(t *testing.T) {
				a := newFeaturesApp(t, 1)
				a.FailNext(provider, 1, Fault{Kind: tt.kind})
				r := a.ask(provider, simpleIDs(5)...)
				if r.status != tt.status || (r.header.Get("Retry-After") != "") != (tt.status == 429) || errors.Is(r.err, io.ErrUnexpectedEOF) != (tt.kind == CutConnection) {
					t.Errorf("status %d, headers %v, error %v", r.status, r.header, r.err)
				}
				var body object
				err := json.Unmarshal([]byte(r.body), &body)
				if good := r.header.Get("Content-Type") == contentJSON && r.status != 200; (err == nil) != good {
					t.Errorf("body %s", r.body)
				}
				if err == nil && (body["error"] != nil) == (provider == ReccoBeats) || err == nil && (body["errors"] != nil) != (provider == ReccoBeats) {
					t.Errorf("the error is not in the form of %s: %s", provider, r.body)
				}
				if len(a.Asked(provider)) != 0 || a.Calls(provider) != 1 || a.Faults(provider, tt.kind) != 1 {
					t.Errorf("asked %v, %d calls, %d faults", a.Asked(provider), a.Calls(provider), a.Faults(provider, tt.kind))
				}
				if n := len(a.items(provider, simpleIDs(5)...)); n != 5 || len(a.Asked(provider)) != 5 {
					t.Errorf("behind the fault: %d items", n)
				}
			})
		}
	}
}

func TestWrongAnswersOfRightForm(t *testing.T) {
	ids := simpleIDs(12) // the last two are unknown, and 4 of the others are a third
	tests := []struct {
		kind        Kind
		least, most int // items with a track, of 10 known ones
		repeats     bool
	}{
		{Slow, 10, 10, false},
		{PartialAnswer, 6, 6, false},
		{EmptyAnswer, 0, 0, false},
		{DuplicateItems, 10, 13, true},
		{ShuffledOrder, 10, 10, false},
	}
	for _, provider := range providers {
		for _, tt := range tests {
			if !tt.kind.applies(provider) {
				continue
			}
			t.Run(provider+" "+string(tt.kind), func(t *testing.T) {
				a := newFeaturesApp(t, 2)
				a.Unknown(ids[10:]...)
				a.FailNext(provider, 1, Fault{Kind: tt.kind, Delay: time.Millisecond})
				items := a.items(provider, ids...)
				told := slices.DeleteFunc(trackIDs(items), func(id string) bool { return id == "" })
				distinct := len(slices.Compact(slices.Sorted(slices.Values(told))))
				if len(told) < tt.least || len(told) > tt.most || (distinct < len(told)) != tt.repeats {
					t.Errorf("%d items of %d tracks", len(told), distinct)
				}
				if provider == AudioFeatures {
					if extra := len(items) - len(ids); (extra > 0) != tt.repeats || extra < 0 || extra > 3 {
						t.Errorf("%d items for %d ids", len(items), len(ids))
					}
					inOrder := slices.IsSortedFunc(told, func(x, y string) int { return slices.Index(ids, x) - slices.Index(ids, y) })
					if inOrder == (tt.kind == ShuffledOrder) {
						t.Errorf("in the order asked for: %v", inOrder)
					}
				}
				if asked := a.Asked(provider); len(asked) != len(ids) {
					t.Errorf("asked %v", asked)
				}
				if back := trackIDs(a.items(provider, ids...)); len(slices.DeleteFunc(back, func(id string) bool { return id == "" })) != 10 {
					t.Errorf("the next answer: %q", back)
				}
			})
		}
	}
}

func TestPartialAnswerOfOneTrack(t *testing.T) {
	for _, provider := range providers {
		a := newFeaturesApp(t, 2)
		a.FailNext(provider, 2, Fault{Kind: PartialAnswer})
		if items := a.items(provider, simpleIDs(1)...); len(slices.DeleteFunc(items, func(o object) bool { return o == nil })) != 0 {
			t.Errorf("%s told %v", provider, items)
		}
		a.Unknown(simpleIDs(1)...)
		a.items(provider, simpleIDs(1)...) // of nothing nothing can be left out
	}
}
