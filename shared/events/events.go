// Package events decodes the events that trigger functions, and publishes the one that triggers topten.
package events

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/faults"
)

// The types of the CloudEvents.
const (
	ObjectFinalized  = "google.cloud.storage.object.v1.finalized"
	MessagePublished = "google.cloud.pubsub.topic.v1.messagePublished"
)

// Object identifies a finalized object of Cloud Storage.
type Object struct {
	Bucket     string
	Name       string
	Generation int64
}

// DecodeObject decodes the event of a finalized object. The error is a faults.Invalid.
func DecodeObject(e event.Event) (Object, error) {
	var data struct {
		Bucket     string `json:"bucket"`
		Name       string `json:"name"`
		Generation string `json:"generation"` // an int64 in quotes, as in all JSON of Google
	}
	if e.Type() != ObjectFinalized {
		return Object{}, refused("is of type %q, not %q", e.Type(), ObjectFinalized)
	}
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return Object{}, refused("contains no object: %w", err)
	}
	generation, err := strconv.ParseInt(data.Generation, 10, 64)
	if err != nil || data.Bucket == "" || data.Name == "" {
		return Object{}, refused("lacks a bucket, a name or a generation")
	}
	return Object{data.Bucket, data.Name, generation}, nil
}

// CheckMessage checks that an event is a message of a topic. The message has no content that matters: it only
// reports that something was loaded. The error is a faults.Invalid.
func CheckMessage(e event.Event) error {
	if e.Type() != MessagePublished {
		return refused("is of type %q, not %q", e.Type(), MessagePublished)
	}
	return nil
}

func refused(format string, args ...any) error {
	return faults.New(faults.Invalid,
		"Nothing to do, unless somebody sent it on purpose: this function accepts events of its own trigger only.",
		"the event %w", fmt.Errorf(format, args...))
}
