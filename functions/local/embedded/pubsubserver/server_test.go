package pubsubserver_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
)

const topicName = "projects/insights-local/topics/loaded"

func start(t *testing.T) (*pubsubserver.Server, *pubsub.Client) {
	t.Helper()
	s, err := pubsubserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	t.Setenv("PUBSUB_EMULATOR_HOST", s.Host())
	c, err := pubsub.NewClient(t.Context(), "insights-local")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return s, c
}

func TestPublish(t *testing.T) {
	s, c := start(t)
	var mu sync.Mutex
	got := map[string][]string{} // by subscriber
	subscribe := func(name string) func() {
		unsubscribe, err := s.Subscribe(topicName, func(m *pubsubpb.PubsubMessage) {
			mu.Lock()
			defer mu.Unlock()
			got[name] = append(got[name], fmt.Sprintf("%s %s %s", m.MessageId, m.Data, m.Attributes["k"]))
		})
		if err != nil {
			t.Fatal(err)
		}
		return unsubscribe
	}
	subscribe("a")
	leave := subscribe("b")
	publish := func(data string) string {
		id, err := c.Publisher("loaded").Publish(t.Context(), &pubsub.Message{Data: []byte(data), Attributes: map[string]string{"k": "v"}}).Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	// No waiting: subscribers know a message before its publisher has the ID.
	first := publish("one")
	want := []string{first + " one v"}
	mu.Lock()
	if !slices.Equal(got["a"], want) || !slices.Equal(got["b"], want) {
		t.Errorf("got %v, want %v each", got, want)
	}
	mu.Unlock()
	leave()
	second := publish("two")
	mu.Lock()
	defer mu.Unlock()
	if len(got["a"]) != 2 || len(got["b"]) != 1 {
		t.Errorf("after b left: %v", got)
	}
	a, _ := strconv.ParseInt(first, 10, 64)
	b, _ := strconv.ParseInt(second, 10, 64)
	if a <= 0 || b <= a {
		t.Errorf("IDs %q and %q do not ascend", first, second)
	}
}

// TestIDsAfterRestart: IDs become event IDs, so none may come back.
func TestIDsAfterRestart(t *testing.T) {
	var last int64
	for range 3 {
		_, c := start(t)
		if _, err := c.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topicName}); err != nil {
			t.Fatal(err)
		}
		id, err := c.Publisher("loaded").Publish(t.Context(), &pubsub.Message{Data: []byte("x")}).Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n <= last {
			t.Errorf("ID %q after %d", id, last)
		}
		last = n
	}
}

func TestTopics(t *testing.T) {
	_, c := start(t)
	ctx := t.Context()
	admin := c.TopicAdminClient
	_, err := admin.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: topicName})
	wantCode(t, err, codes.NotFound)
	if _, err := admin.CreateTopic(ctx, &pubsubpb.Topic{Name: topicName, Labels: map[string]string{"a": "b"}}); err != nil {
		t.Fatal(err)
	}
	got, err := admin.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: topicName})
	if err != nil || got.Name != topicName || got.Labels["a"] != "b" {
		t.Errorf("GetTopic = %v, %v", got, err)
	}
	_, err = admin.CreateTopic(ctx, &pubsubpb.Topic{Name: topicName})
	wantCode(t, err, codes.AlreadyExists)
	for _, name := range []string{"", "loaded", "projects/insights-local/topics/../x", "projects/insights-local/topics/1x"} {
		_, err = admin.CreateTopic(ctx, &pubsubpb.Topic{Name: name})
		wantCode(t, err, codes.InvalidArgument)
	}
	_, err = admin.CreateTopic(ctx, &pubsubpb.Topic{Name: topicName + "2", KmsKeyName: "k"})
	wantCode(t, err, codes.InvalidArgument)
	wantCode(t, admin.DeleteTopic(ctx, &pubsubpb.DeleteTopicRequest{Topic: topicName}), codes.Unimplemented)
	// Nobody pulls here: that is an error, not an empty answer.
	_, err = c.SubscriptionAdminClient.CreateSubscription(ctx, &pubsubpb.Subscription{Name: "projects/insights-local/subscriptions/s", Topic: topicName})
	wantCode(t, err, codes.Unimplemented)
}

func TestPublishRefuses(t *testing.T) {
	s, c := start(t)
	delivered := 0
	if _, err := s.Subscribe(topicName, func(*pubsubpb.PubsubMessage) { delivered++ }); err != nil {
		t.Fatal(err)
	}
	fine := &pubsubpb.PubsubMessage{Data: []byte("x")}
	attrs := map[string]string{}
	for i := range 101 {
		attrs[fmt.Sprint(i)] = "v"
	}
	tests := []struct {
		name     string
		topic    string
		messages []*pubsubpb.PubsubMessage
		want     codes.Code
	}{
		{"unknown topic", topicName + "2", []*pubsubpb.PubsubMessage{fine}, codes.NotFound},
		{"no messages", topicName, nil, codes.InvalidArgument},
		{"1,001 messages", topicName, slices.Repeat([]*pubsubpb.PubsubMessage{fine}, 1001), codes.InvalidArgument},
		{"second is empty", topicName, []*pubsubpb.PubsubMessage{fine, {}}, codes.InvalidArgument},
		{"over 10 MiB", topicName, []*pubsubpb.PubsubMessage{{Data: bytes.Repeat([]byte("x"), 10<<20)}}, codes.InvalidArgument},
		{"ordering key", topicName, []*pubsubpb.PubsubMessage{{Data: []byte("x"), OrderingKey: "k"}}, codes.InvalidArgument},
		{"101 attributes", topicName, []*pubsubpb.PubsubMessage{{Attributes: attrs}}, codes.InvalidArgument},
		{"long key", topicName, []*pubsubpb.PubsubMessage{{Attributes: map[string]string{strings.Repeat("k", 257): "v"}}}, codes.InvalidArgument},
		{"long value", topicName, []*pubsubpb.PubsubMessage{{Attributes: map[string]string{"k": strings.Repeat("v", 1025)}}}, codes.InvalidArgument},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.TopicAdminClient.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: tt.topic, Messages: tt.messages})
			wantCode(t, err, tt.want)
		})
	}
	if delivered != 0 {
		t.Errorf("%d messages of refused requests were delivered", delivered)
	}
	if _, err := s.Subscribe("loaded", func(*pubsubpb.PubsubMessage) {}); err == nil {
		t.Error("Subscribe took a topic without a project")
	}
}

func wantCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("error %v: code %v, want %v", err, got, want)
	}
}
