// Package pubsubserver is the publishing half of Pub/Sub on one machine. Messages live in memory only.
//
// Subscribers are functions in this process, called before the publisher has its answer: a message that was published
// is a message its subscribers have. Google's own fake (pstest) looks at every message of every subscription each 10 ms:
// with four subscriptions it used 3.5 % of a core at rest and took 22 s to deliver 2,000 messages.
package pubsubserver

import (
	"context"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Server is the gRPC service that the client of cloud.google.com/go/pubsub/v2 publishes with. Every other call is
// Unimplemented.
type Server struct {
	pubsubpb.UnimplementedPublisherServer

	mu     sync.Mutex
	lastID int64
	topics map[string][]func(*pubsubpb.PubsubMessage) // subscribers by the topic's resource name
}

// New makes a server without topics. Message IDs continue from the time, in nanoseconds, so that none is used again
// after a restart: they become event IDs.
func New() *Server {
	return &Server{lastID: time.Now().UnixNano(), topics: map[string][]func(*pubsubpb.PubsubMessage){}}
}

// Declare makes a topic (projects/P/topics/T) where it is missing.
func (s *Server) Declare(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.topics[topic]; !exists {
		s.topics[topic] = nil
	}
}

// Subscribe has deliver called for each message published to a topic from now on. The topic is made where it is missing.
// Deliver must return at once and must not change the message: the publisher waits, and other subscribers share it.
func (s *Server) Subscribe(topic string, deliver func(*pubsubpb.PubsubMessage)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topics[topic] = append(s.topics[topic], deliver)
}

// Publish hands the messages to the topic's subscribers.
func (s *Server) Publish(_ context.Context, req *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error) {
	s.mu.Lock()
	subscribers, exists := s.topics[req.GetTopic()]
	if !exists {
		s.mu.Unlock()
		return nil, status.Errorf(codes.NotFound, "Resource not found (resource=%s).", req.GetTopic())
	}
	first := s.lastID + 1
	s.lastID += int64(len(req.GetMessages()))
	s.mu.Unlock()

	resp := &pubsubpb.PublishResponse{}
	for i, m := range req.GetMessages() {
		m.MessageId, m.PublishTime = strconv.FormatInt(first+int64(i), 10), timestamppb.Now()
		resp.MessageIds = append(resp.MessageIds, m.MessageId)
		for _, deliver := range subscribers {
			deliver(m)
		}
	}
	return resp, nil
}
