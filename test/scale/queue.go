package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/pubsubserver"
	"spotify-insights.internal/shared/insights"
)

// instances is how many ingests run at once, as terraform/scale.tf has it.
const instances = 5

// queue is the push subscription: it calls ingest for each message, on some instances.
type queue struct {
	messages chan *pubsubpb.PubsubMessage
	answers  chan answer
	workers  sync.WaitGroup
}

// answer is ingest's.
type answer struct {
	Status string
	err    error
}

// newQueue subscribes to the topic.
func newQueue(ctx context.Context, pubsub *pubsubserver.Server, serve http.Handler) *queue {
	q := &queue{messages: make(chan *pubsubpb.PubsubMessage, 100_000), answers: make(chan answer, 100_000)}
	pubsub.Subscribe("projects/"+embedded.Project+"/topics/"+topic, func(m *pubsubpb.PubsubMessage) { q.messages <- m })
	for range instances {
		q.workers.Go(func() {
			for m := range q.messages {
				q.answers <- push(ctx, serve, m)
			}
		})
	}
	return q
}

// push sends a message in the form of a push subscription: https://cloud.google.com/pubsub/docs/push#receive_push
// It is an hour later than the functions' clock, because the last run was a simulated hour ago and only seconds by that clock.
func push(ctx context.Context, serve http.Handler, m *pubsubpb.PubsubMessage) (a answer) {
	body, err := json.Marshal(map[string]any{
		"message":      map[string]any{"attributes": m.GetAttributes(), "messageId": m.GetMessageId(), "publishTime": m.GetPublishTime().AsTime().Add(time.Hour)},
		"subscription": "projects/" + embedded.Project + "/subscriptions/" + topic,
	})
	if err == nil {
		err = post(ctx, serve, "/ingest?message=listener", body, &a)
	}
	a.err = err
	return a
}

// wait waits for the answers to a number of messages, and counts them and those that have written an object.
func (q *queue) wait(messages int, ingests, objects *int) error {
	var errs []error
	for range messages {
		a := <-q.answers
		*ingests++
		if a.Status == insights.Written {
			*objects++
		}
		errs = append(errs, a.err)
	}
	return errors.Join(errs...)
}

func (q *queue) close() {
	close(q.messages)
	q.workers.Wait()
}
