package embedded

import (
	"context"
	"crypto/subtle"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const refusal = "this caller does not have the credential of the embedded cloud"

// authorized refuses the HTTP requests of callers without the credential: other users of the machine, and web pages.
func (c *Cloud) authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.admits(r.Header["Authorization"]) {
			http.Error(w, refusal, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// checkCall is [Cloud.authorized] for gRPC.
func (c *Cloud) checkCall(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if !c.admits(metadata.ValueFromIncomingContext(ctx, "authorization")) {
		return nil, status.Error(codes.Unauthenticated, refusal)
	}
	return next(ctx, request)
}

func (c *Cloud) admits(authorization []string) bool {
	return len(authorization) == 1 && subtle.ConstantTimeCompare([]byte(authorization[0]), []byte("Bearer "+c.token)) == 1
}
