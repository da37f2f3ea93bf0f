package events

import (
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
)

func newEvent(t *testing.T, eventType string, data any) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("1")
	e.SetSource("//test")
	e.SetType(eventType)
	if err := e.SetData("application/json", data); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDecodeObject(t *testing.T) {
	good := map[string]any{"bucket": "lake", "name": "a/b", "generation": "1782312482110000", "size": "12"}
	in, o, err := DecodeObject(newEvent(t, ObjectFinalized, good))
	if err != nil || in != "lake" || o != (bucket.Object{Name: "a/b", Generation: 1782312482110000}) {
		t.Errorf("DecodeObject() = %q, %+v, %v", in, o, err)
	}
	for what, e := range map[string]event.Event{
		"another type":      newEvent(t, "google.cloud.storage.object.v1.deleted", good),
		"a list":            newEvent(t, ObjectFinalized, []int{1}),
		"no name":           newEvent(t, ObjectFinalized, map[string]any{"bucket": "lake", "generation": "1"}),
		"a word for number": newEvent(t, ObjectFinalized, map[string]any{"bucket": "lake", "name": "a", "generation": "one"}),
		"no data":           {},
	} {
		if _, _, err := DecodeObject(e); faults.Of(err) != faults.Invalid || faults.Action(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestCheckMessage(t *testing.T) {
	message := map[string]any{"message": map[string]any{"data": []byte("loaded")}}
	old := map[string]any{"message": map[string]any{"data": []byte(`{"listener":"me","committed_at":"2026-06-24T12:00:00Z"}`)}} // of version 1
	for what, data := range map[string]any{"a message": message, "a message of version 1": old, "a message without content": map[string]any{}} {
		if err := CheckMessage(newEvent(t, MessagePublished, data)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, e := range map[string]event.Event{"another type": newEvent(t, ObjectFinalized, message), "no data": {}} {
		if err := CheckMessage(e); faults.Of(err) != faults.Invalid || faults.Action(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}
