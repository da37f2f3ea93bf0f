// Package events decodes the events that trigger functions, and publishes those that functions make: that something was
// loaded, which triggers topten, and that a listener's plays are to be fetched.
package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

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

// Pushed is a message that a push subscription delivers in a request.
type Pushed struct {
	Attributes  map[string]string `json:"attributes"`
	PublishTime time.Time         `json:"publishTime"`
}

// maxPush is more than the request of a message without content has.
const maxPush = 64 << 10

// DecodePush decodes the body of a push subscription's request. The error is a faults.Invalid.
func DecodePush(body io.Reader) (Pushed, error) {
	var request struct {
		Message *Pushed `json:"message"`
	}
	err := json.NewDecoder(io.LimitReader(body, maxPush)).Decode(&request)
	if err == nil && request.Message == nil {
		err = errors.New("there is none")
	}
	if err != nil {
		return Pushed{}, refused("contains no message of Pub/Sub: %w", err)
	}
	return *request.Message, nil
}

func refused(format string, args ...any) error {
	return faults.New(faults.Invalid,
		"Nothing to do, unless a person sent it on purpose: this function accepts events of its own trigger only.",
		"the event %w", fmt.Errorf(format, args...))
}
