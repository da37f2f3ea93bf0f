// Package events holds what the functions are told by events: an object that was finalized, and the
// message that something was loaded.
package events

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/faults"
)

// The types of the CloudEvents.
const (
	ObjectFinalized  = "google.cloud.storage.object.v1.finalized"
	MessagePublished = "google.cloud.pubsub.topic.v1.messagePublished"
)

// Object is a finalized object of Cloud Storage.
type Object struct {
	Bucket     string
	Name       string
	Generation int64
}

// DecodeObject reads the event of a finalized object. The error is a faults.Invalid.
func DecodeObject(e event.Event) (Object, error) {
	var data struct {
		Bucket     string `json:"bucket"`
		Name       string `json:"name"`
		Generation string `json:"generation"` // an int64 as text, as in all of Google's JSON
	}
	if e.Type() != ObjectFinalized {
		return Object{}, refused("is of type %q, not %q", e.Type(), ObjectFinalized)
	}
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return Object{}, refused("holds no object: %w", err)
	}
	generation, err := strconv.ParseInt(data.Generation, 10, 64)
	if err != nil || data.Bucket == "" || data.Name == "" {
		return Object{}, refused("lacks a bucket, a name or a generation")
	}
	return Object{data.Bucket, data.Name, generation}, nil
}

// Loaded is the message that something of a listener's was loaded, or that their figures are due anyway.
type Loaded struct {
	Listener    string     `json:"listener"`
	CommittedAt time.Time  `json:"committed_at"`       // on the warehouse's clock
	Since       *time.Time `json:"since,omitempty"`    // no play from before it is new; null where any may be
	Features    bool       `json:"features,omitempty"` // audio features were loaded, which are everybody's, and no plays
}

// DecodeLoaded reads the event of a [Loaded] message. The error is a faults.Invalid.
func DecodeLoaded(e event.Event) (Loaded, error) {
	var data struct {
		Message struct {
			Data []byte `json:"data"`
		} `json:"message"`
	}
	if e.Type() != MessagePublished {
		return Loaded{}, refused("is of type %q, not %q", e.Type(), MessagePublished)
	}
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return Loaded{}, refused("holds no message: %w", err)
	}
	var loaded Loaded
	if err := json.Unmarshal(data.Message.Data, &loaded); err != nil {
		return Loaded{}, refused("is not about a load: %w", err)
	}
	return loaded, nil
}

func refused(format string, args ...any) error {
	return faults.New(faults.Invalid,
		"Nothing to do, unless somebody meant it: this function takes events from its own trigger only.",
		"the event %w", fmt.Errorf(format, args...))
}
