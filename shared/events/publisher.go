package events

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/pubsub/v2"

	"spotify-insights.internal/shared/emulator"
)

// publishLimit is the deadline of one message.
const publishLimit = 20 * time.Second

// Publisher publishes to one topic.
type Publisher struct{ topic *pubsub.Publisher }

// OpenPublisher makes a client. It makes no call.
func OpenPublisher(ctx context.Context, project, topic string) (*Publisher, error) {
	options, err := emulator.GRPC(emulator.PubSub)
	if err != nil {
		return nil, err
	}
	client, err := pubsub.NewClient(ctx, project, options...)
	if err != nil {
		return nil, fmt.Errorf("making a Pub/Sub client: %w", err)
	}
	p := client.Publisher(topic)
	p.PublishSettings.DelayThreshold = time.Millisecond // there is only one message at a time
	return &Publisher{p}, nil
}

// Publish reports that something was loaded. It returns once Pub/Sub has stored the message. The message has no
// parameters, because topten finds out from the warehouse what is new.
func (p *Publisher) Publish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, publishLimit)
	defer cancel()
	if _, err := p.topic.Publish(ctx, &pubsub.Message{Data: []byte("loaded")}).Get(ctx); err != nil {
		return fmt.Errorf("publishing that something was loaded: %w", err)
	}
	return nil
}
