package eventbridge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// Kind is the event that a route makes of a message.
type Kind int

const (
	// StorageFinalized makes google.cloud.storage.object.v1.finalized of a Cloud Storage notification.
	StorageFinalized Kind = iota + 1
	// MessagePublished makes google.cloud.pubsub.topic.v1.messagePublished of any message.
	MessagePublished
)

// event is a CloudEvent with a JSON body: https://cloud.google.com/eventarc/docs/cloudevents
type event struct {
	id      string
	kind    string
	source  string
	subject string // none for Pub/Sub
	time    string // RFC 3339
	bucket  string // the extension attribute that storage events have
	body    []byte
}

// setHeaders writes the attributes in the HTTP binding's binary mode.
func (e event) setHeaders(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Ce-Specversion", "1.0")
	for name, value := range map[string]string{
		"Ce-Id": e.id, "Ce-Type": e.kind, "Ce-Source": e.source, "Ce-Subject": e.subject, "Ce-Time": e.time, "Ce-Bucket": e.bucket,
	} {
		if value != "" {
			h.Set(name, headerValue(value))
		}
	}
}

// headerValue percent-encodes what may not stand in a header, as the HTTP binding asks (version 1.0.2, 3.1.3.2). The
// CloudEvents SDK for Go does not decode it: take an object's name from the body.
func headerValue(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (q *queue) event(m *pubsubpb.PubsubMessage) (event, error) {
	if q.route.Kind == StorageFinalized {
		return storageEvent(m)
	}
	return q.publishedEvent(m)
}

// storageEvent reads a notification: https://cloud.google.com/storage/docs/pubsub-notifications
func storageEvent(m *pubsubpb.PubsubMessage) (event, error) {
	attrs := m.GetAttributes()
	bucket, object := attrs["bucketId"], attrs["objectId"]
	switch {
	case attrs["eventType"] != "OBJECT_FINALIZE":
		return event{}, fmt.Errorf("its eventType %q is not OBJECT_FINALIZE", attrs["eventType"])
	case bucket == "" || object == "":
		return event{}, errors.New("it names no bucket or no object")
	case !json.Valid(m.GetData()):
		return event{}, errors.New("its data is not JSON")
	}
	at := attrs["eventTime"]
	if at == "" {
		at = timestamp(m)
	}
	return event{
		id:      m.GetMessageId(),
		kind:    "google.cloud.storage.object.v1.finalized",
		source:  "//storage.googleapis.com/projects/_/buckets/" + bucket,
		subject: "objects/" + object,
		time:    at,
		bucket:  bucket,
		body:    m.GetData(),
	}, nil
}

// publishedEvent wraps a message as push subscriptions do, with their two spellings of ID and time:
// https://cloud.google.com/pubsub/docs/push#receive_push
func (q *queue) publishedEvent(m *pubsubpb.PubsubMessage) (event, error) {
	type message struct {
		Data         []byte            `json:"data,omitempty"`
		Attributes   map[string]string `json:"attributes,omitempty"`
		MessageID    string            `json:"messageId"`
		MessageID2   string            `json:"message_id"`
		PublishTime  string            `json:"publishTime"`
		PublishTime2 string            `json:"publish_time"`
	}
	at := timestamp(m)
	body, err := json.Marshal(struct {
		Message      message `json:"message"`
		Subscription string  `json:"subscription"`
	}{
		message{m.GetData(), m.GetAttributes(), m.GetMessageId(), m.GetMessageId(), at, at},
		q.subscription,
	})
	if err != nil {
		return event{}, fmt.Errorf("encoding it: %w", err)
	}
	return event{
		id:     m.GetMessageId(),
		kind:   "google.cloud.pubsub.topic.v1.messagePublished",
		source: "//pubsub.googleapis.com/" + q.topic,
		time:   at,
		body:   body,
	}, nil
}

func timestamp(m *pubsubpb.PubsubMessage) string {
	return m.GetPublishTime().AsTime().Format(time.RFC3339Nano)
}
