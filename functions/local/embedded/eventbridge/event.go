package eventbridge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// event is a CloudEvent with a JSON body: https://cloud.google.com/eventarc/docs/cloudevents
type event struct {
	id      string
	kind    string
	source  string
	subject string // none for Pub/Sub
	time    time.Time
	bucket  string // the extension attribute that storage events have
	body    []byte
}

// setHeaders writes the attributes in the HTTP binding's binary mode.
func (e event) setHeaders(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("Ce-Specversion", "1.0")
	for name, value := range map[string]string{
		"Ce-Id": e.id, "Ce-Type": e.kind, "Ce-Source": e.source, "Ce-Subject": e.subject, "Ce-Bucket": e.bucket,
		"Ce-Time": e.time.Format(time.RFC3339Nano),
	} {
		if value != "" {
			h.Set(name, headerValue(value))
		}
	}
}

// headerValue percent-encodes what may not be in a header, as the HTTP binding asks (version 1.0.2, 3.1.3.2). The
// CloudEvents SDK for Go does not decode it: functions take an object's name from the body.
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

// finalized is the event of an object that was written.
func finalized(o storageserver.Object) event {
	body, _ := json.Marshal(o) // text, numbers and times are always encoded
	return event{
		id:      fmt.Sprintf("%s/%s/%d", o.Bucket, o.Name, o.Generation),
		kind:    "google.cloud.storage.object.v1.finalized",
		source:  "//storage.googleapis.com/projects/_/buckets/" + o.Bucket,
		subject: "objects/" + o.Name,
		time:    o.Created,
		bucket:  o.Bucket,
		body:    body,
	}
}

// published is the event of a Pub/Sub message, with the ID and the time in the two spellings of push subscriptions:
// https://cloud.google.com/pubsub/docs/push#receive_push
func published(m *pubsubpb.PubsubMessage, topic, subscription string) event {
	at := m.GetPublishTime().AsTime()
	message := map[string]any{
		"data": m.GetData(), "attributes": m.GetAttributes(),
		"messageId": m.GetMessageId(), "message_id": m.GetMessageId(), "publishTime": at, "publish_time": at,
	}
	body, _ := json.Marshal(map[string]any{"message": message, "subscription": subscription}) // as above
	return event{
		id:     m.GetMessageId(),
		kind:   "google.cloud.pubsub.topic.v1.messagePublished",
		source: "//pubsub.googleapis.com/" + topic,
		time:   at,
		body:   body,
	}
}
