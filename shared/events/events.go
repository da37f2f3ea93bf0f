// Package events decodes the events that trigger functions, and publishes the one that triggers topten.
package events

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
)

// The types of the CloudEvents.
const (
	ObjectFinalized  = "google.cloud.storage.object.v1.finalized"
	MessagePublished = "google.cloud.pubsub.topic.v1.messagePublished"
)

// DecodeObject decodes the event of a finalized object into its bucket, name and generation. The error is a
// faults.Invalid.
func DecodeObject(e event.Event) (in string, o bucket.Object, err error) {
	var data struct {
		Bucket     string `json:"bucket"`
		Name       string `json:"name"`
		Generation string `json:"generation"` // an int64 in quotes, as in all JSON of Google
	}
	if e.Type() != ObjectFinalized {
		return "", o, refused("is of type %s, not %s", faults.Quote(e.Type()), ObjectFinalized)
	}
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return "", o, refused("contains no object: %w", err)
	}
	generation, err := strconv.ParseInt(data.Generation, 10, 64)
	if err != nil || data.Bucket == "" || data.Name == "" {
		return "", o, refused("lacks a bucket, a name or a generation")
	}
	return data.Bucket, bucket.Object{Name: data.Name, Generation: generation}, nil
}

// CheckMessage checks that an event is a message of a topic. The message has no content that matters: it only
// reports that something was loaded. The error is a faults.Invalid.
func CheckMessage(e event.Event) error {
	if e.Type() != MessagePublished {
		return refused("is of type %s, not %s", faults.Quote(e.Type()), MessagePublished)
	}
	return nil
}

func refused(format string, args ...any) error {
	return faults.New(faults.Invalid,
		"Nothing to do, unless a person sent it on purpose: this function accepts events of its own trigger only.",
		"the event %w", fmt.Errorf(format, args...))
}
