package events

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

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
	got, err := DecodeObject(newEvent(t, ObjectFinalized, good))
	if err != nil || got != (Object{"lake", "a/b", 1782312482110000}) {
		t.Errorf("DecodeObject() = %+v, %v", got, err)
	}
	for what, e := range map[string]event.Event{
		"another type":      newEvent(t, "google.cloud.storage.object.v1.deleted", good),
		"a list":            newEvent(t, ObjectFinalized, []int{1}),
		"no name":           newEvent(t, ObjectFinalized, map[string]any{"bucket": "lake", "generation": "1"}),
		"a word for number": newEvent(t, ObjectFinalized, map[string]any{"bucket": "lake", "name": "a", "generation": "one"}),
		"no data":           {},
	} {
		if _, err := DecodeObject(e); faults.Of(err) != faults.Invalid || faults.Action(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDecodeLoaded(t *testing.T) {
	at := time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)
	message := func(data []byte) any { return map[string]any{"message": map[string]any{"data": data}} }
	for text, want := range map[string]Loaded{
		`{"listener":"me","committed_at":"2026-06-24T12:00:00Z","since":"2026-06-24T12:00:00Z"}`: {Listener: "me", CommittedAt: at, Since: &at},
		`{"listener":"me","committed_at":"2026-06-24T12:00:00Z","features":true}`:                {Listener: "me", CommittedAt: at, Features: true},
		`{"listener":"me","committed_at":"2026-06-24T12:00:00Z"}`:                                {Listener: "me", CommittedAt: at}, // as an older version says
	} {
		got, err := DecodeLoaded(newEvent(t, MessagePublished, message([]byte(text))))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("DecodeLoaded(%s) = %+v, %v", text, got, err)
		}
		if data, err := json.Marshal(want); err != nil || string(data) != text {
			t.Errorf("%+v is sent as %s, %v; want %s", want, data, err, text)
		}
	}
	good := []byte(`{"listener":"me","committed_at":"2026-06-24T12:00:00Z"}`)
	for what, e := range map[string]event.Event{
		"another type":         newEvent(t, ObjectFinalized, message(good)),
		"not JSON":             newEvent(t, MessagePublished, message([]byte("hello"))),
		"no message":           newEvent(t, MessagePublished, map[string]any{}),
		"a since that is none": newEvent(t, MessagePublished, message([]byte(`{"listener":"me","since":"yesterday"}`))),
		"features in words":    newEvent(t, MessagePublished, message([]byte(`{"listener":"me","features":"yes"}`))),
	} {
		if _, err := DecodeLoaded(e); faults.Of(err) != faults.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}
