package pubsubserver

import (
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Pub/Sub's own limits, sizes in bytes: https://cloud.google.com/pubsub/quotas#resource_limits
const (
	maxRequest        = 10 << 20
	maxMessages       = 1000
	maxAttributes     = 100
	maxAttributeKey   = 256
	maxAttributeValue = 1024
)

func checkLimits(req *pubsubpb.PublishRequest) error {
	switch n := len(req.GetMessages()); {
	case n == 0:
		return status.Error(codes.InvalidArgument, "The value for message_count is too small. You passed 0 in the request, but the minimum value is 1.")
	case n > maxMessages:
		return status.Errorf(codes.InvalidArgument, "The value for message_count is too large. You passed %d in the request, but the maximum value is %d.", n, maxMessages)
	case proto.Size(req) > maxRequest:
		return status.Errorf(codes.InvalidArgument, "The request is larger than %d bytes.", maxRequest)
	}
	for _, m := range req.GetMessages() {
		if len(m.GetData()) == 0 && len(m.GetAttributes()) == 0 {
			return status.Error(codes.InvalidArgument, "Some messages in the batch are empty. Every message must have either non-empty data, or at least one attribute.")
		}
		if m.GetOrderingKey() != "" {
			return status.Error(codes.InvalidArgument, "Ordering keys are not supported here.")
		}
		if len(m.GetAttributes()) > maxAttributes {
			return status.Errorf(codes.InvalidArgument, "A message has more than %d attributes.", maxAttributes)
		}
		for k, v := range m.GetAttributes() {
			if k == "" || len(k) > maxAttributeKey || len(v) > maxAttributeValue {
				return status.Errorf(codes.InvalidArgument, "An attribute's key is empty or over %d bytes, or its value is over %d bytes.", maxAttributeKey, maxAttributeValue)
			}
		}
	}
	return nil
}
