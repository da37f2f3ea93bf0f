package storageserver

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// resource is an object as the JSON API describes it.
type resource map[string]json.RawMessage

func (r resource) text(field string) string {
	var s string
	json.Unmarshal(r[field], &s) // missing or no string: ""
	return s
}

// publishTimeout bounds how long a write waits for its notification.
const publishTimeout = 10 * time.Second

// notify publishes the notification that Cloud Storage sends for a new object, if its bucket has a topic. The object
// is stored whatever comes of it.
func (s *Server) notify(ctx context.Context, object resource) {
	topic := s.topics[object.text("bucket")]
	if topic == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	if err := s.publish(ctx, topic, object); err != nil {
		slog.ErrorContext(ctx, "notification lost; reconcile will make it up",
			"bucket", object.text("bucket"), "object", object.text("name"), "topic", topic, "error", err)
	}
}

// publish has the attributes of https://cloud.google.com/storage/docs/pubsub-notifications#attributes.
func (s *Server) publish(ctx context.Context, topic string, object resource) error {
	delete(object, "acl") // not in a notification when a bucket's access is uniform
	data, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encoding the object's metadata: %w", err)
	}
	_, err = s.pubsub.TopicAdminClient.Publish(ctx, &pubsubpb.PublishRequest{
		Topic: topic,
		Messages: []*pubsubpb.PubsubMessage{{
			Data: data,
			Attributes: map[string]string{
				"eventType":          "OBJECT_FINALIZE",
				"eventTime":          time.Now().UTC().Format(time.RFC3339Nano),
				"payloadFormat":      "JSON_API_V1",
				"bucketId":           object.text("bucket"),
				"objectId":           object.text("name"),
				"objectGeneration":   object.text("generation"),
				"notificationConfig": "projects/_/buckets/" + object.text("bucket") + "/notificationConfigs/1",
			},
		}},
	})
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	return nil
}
