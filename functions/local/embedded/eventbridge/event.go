package eventbridge

import (
	"encoding/json"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/embedded/storageserver"
	"spotify-insights.internal/shared/events"
)

// finalized is the event of an object that was written: https://cloud.google.com/eventarc/docs/cloudevents
func finalized(o storageserver.Object) event.Event {
	e := newEvent(fmt.Sprintf("%s/%s/%d", o.Bucket, o.Name, o.Generation), events.ObjectFinalized,
		"//storage.googleapis.com/projects/_/buckets/"+o.Bucket, o.Created, o)
	e.SetSubject("objects/" + o.Name)
	e.SetExtension("bucket", o.Bucket)
	return e
}

// published is the event of a Pub/Sub message, with the ID and the time in the two spellings of push subscriptions:
// https://cloud.google.com/pubsub/docs/push#receive_push
func published(m *pubsubpb.PubsubMessage, topic, subscription string) event.Event {
	at := m.GetPublishTime().AsTime()
	message := map[string]any{
		"data": m.GetData(), "attributes": m.GetAttributes(),
		"messageId": m.GetMessageId(), "message_id": m.GetMessageId(), "publishTime": at, "publish_time": at,
	}
	return newEvent(m.GetMessageId(), events.MessagePublished, "//pubsub.googleapis.com/"+topic, at, map[string]any{"message": message, "subscription": subscription})
}

func newEvent(id, kind, source string, at time.Time, data any) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetType(kind)
	e.SetSource(source)
	e.SetTime(at)
	body, _ := json.Marshal(data)           // text, numbers and times are always encoded
	_ = e.SetData("application/json", body) // bytes are taken as they are
	return e
}
