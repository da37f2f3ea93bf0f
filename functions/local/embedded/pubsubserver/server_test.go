package pubsubserver_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
)

// Every subscriber has a message before its publisher has the ID. IDs become event IDs, so none is used again.
func TestPublish(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, calls := pubsubserver.New(), grpc.NewServer()
	pubsubpb.RegisterPublisherServer(calls, server)
	go calls.Serve(listener)
	defer calls.Stop()
	t.Setenv("PUBSUB_EMULATOR_HOST", listener.Addr().String())
	client, err := pubsub.NewClient(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	const topic = "projects/p/topics/loaded"
	publish := func() (string, error) {
		message := &pubsub.Message{Data: []byte("data"), Attributes: map[string]string{"k": "v"}}
		return client.Publisher("loaded").Publish(t.Context(), message).Get(t.Context())
	}
	if _, err := publish(); status.Code(err) != codes.NotFound {
		t.Errorf("publishing to a topic that was not declared: %v", err)
	}
	server.Declare(topic)
	first, err := publish()
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 10)
	for range 2 {
		server.Subscribe(topic, func(m *pubsubpb.PubsubMessage) {
			got <- fmt.Sprintf("%s %s %s", m.MessageId, m.Data, m.Attributes["k"])
		})
	}
	server.Declare(topic) // changes nothing
	second, err := publish()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case one := <-got:
			if want := second + " data v"; one != want {
				t.Errorf("a subscriber got %q, want %q", one, want)
			}
		default:
			t.Error("a subscriber got nothing before the publisher had its ID")
		}
	}
	restarted := pubsubserver.New()
	restarted.Declare(topic)
	resp, err := restarted.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: topic, Messages: []*pubsubpb.PubsubMessage{{}}})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int64, 3)
	for i, id := range []string{first, second, resp.MessageIds[0]} {
		ids[i], _ = strconv.ParseInt(id, 10, 64)
	}
	if ids[0] <= 0 || ids[1] <= ids[0] || ids[2] <= ids[1] {
		t.Errorf("IDs %v do not ascend, also over a restart", ids)
	}
}
