package secretserver

import (
	"encoding/base64"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxPage is Secret Manager's own limit (and what it answers when no size is asked for).
const maxPage = 25000

// page cuts one page out of items, which are sorted by key. The token is the last key seen, so that what is removed
// or added between two pages makes no item come twice or get lost.
func page[T any](items []T, key func(T) string, size int32, token string) (out []T, next string, err error) {
	if size < 0 {
		return nil, "", status.Error(codes.InvalidArgument, "The page size must not be negative.")
	}
	if size == 0 || size > maxPage {
		size = maxPage
	}
	after, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, "", status.Error(codes.InvalidArgument, "The page token is invalid.")
	}
	for _, item := range items {
		if token != "" && key(item) <= string(after) {
			continue
		}
		if len(out) == int(size) {
			return out, base64.RawURLEncoding.EncodeToString([]byte(key(out[len(out)-1]))), nil
		}
		out = append(out, item)
	}
	return out, "", nil
}
