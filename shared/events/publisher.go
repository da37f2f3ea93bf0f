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
	p.PublishSettings.DelayThreshold = time.Millisecond // messages come one at a time, or all at once
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

// ListenerAttribute is the attribute of a message about one listener.
const ListenerAttribute = "listener"

// PublishListeners publishes a message for each listener, and returns once Pub/Sub has stored all of them.
func (p *Publisher) PublishListeners(ctx context.Context, listeners []string) error {
	ctx, cancel := context.WithTimeout(ctx, publishLimit)
	defer cancel()
	results := make([]*pubsub.PublishResult, len(listeners))
	for i, id := range listeners {
		results[i] = p.topic.Publish(ctx, &pubsub.Message{Attributes: map[string]string{ListenerAttribute: id}})
	}
	var errs []error
	for i, result := range results {
		if _, err := result.Get(ctx); err != nil {
			errs = append(errs, fmt.Errorf("publishing a message for %s: %w", listeners[i], err))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("%d of %d messages could not be published: %w", len(errs), len(listeners), errs[0])
	}
	return nil
}
