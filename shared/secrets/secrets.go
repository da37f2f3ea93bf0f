// Package secrets reads and writes Secret Manager: the Spotify app's secret and the listeners' tokens.
package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"strconv"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/shared/emulator"
)

// callLimit is the deadline of one call.
const callLimit = 20 * time.Second

// ClientID is the id of the secret of the Spotify app.
const ClientID = "spotify-client"

// TokenID returns the id of the secret of a listener's token.
func TokenID(listener string) string { return "spotify-token-" + listener }

// ErrEmpty means that the secret does not exist or has no enabled version.
var ErrEmpty = errors.New("the secret is empty")

// ErrMalformed means that the secret is not the expected JSON. The error does not contain the secret.
var ErrMalformed = errors.New("the secret is not the expected JSON")

// Store is a client of one project's Secret Manager.
type Store struct {
	client *secretmanager.Client
	parent string // projects/P
}

// Open makes a client. It makes no call.
func Open(ctx context.Context, project string) (*Store, error) {
	options, err := emulator.GRPC(emulator.SecretManager)
	if err != nil {
		return nil, err
	}
	client, err := secretmanager.NewClient(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("making a Secret Manager client: %w", err)
	}
	return &Store{client, "projects/" + project}, nil
}

// Latest decodes the version "latest" of a secret into v and returns the version's number. For minutes after a
// change this can be the version before the newest. The error is [ErrEmpty] where there is none.
func (s *Store) Latest(ctx context.Context, id string, v any) (int, error) {
	return s.access(ctx, id, "latest", v)
}

// Newest is [Store.Latest] without the lag: it lists the versions and reads the newest by its number.
func (s *Store) Newest(ctx context.Context, id string, v any) (int, error) {
	versions, err := s.Versions(ctx, id)
	if err != nil {
		return 0, err
	}
	if len(versions) == 0 {
		return 0, fmt.Errorf("secret %s: %w", id, ErrEmpty)
	}
	return s.access(ctx, id, strconv.Itoa(slices.Max(versions)), v)
}

func (s *Store) access(ctx context.Context, id, version string, v any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	resp, err := s.client.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{
		Name: fmt.Sprintf("%s/secrets/%s/versions/%s", s.parent, id, version),
	})
	switch status.Code(err) {
	case codes.OK:
	case codes.NotFound, codes.FailedPrecondition: // FailedPrecondition: disabled or destroyed
		return 0, fmt.Errorf("secret %s: %w", id, ErrEmpty)
	default:
		return 0, fmt.Errorf("reading version %s of secret %s: %w", version, id, err)
	}
	data := resp.GetPayload().GetData()
	if sum := resp.GetPayload().DataCrc32C; sum != nil && *sum != checksum(data) {
		return 0, fmt.Errorf("reading version %s of secret %s: its checksum is wrong", version, id)
	}
	if json.Unmarshal(data, v) != nil { // its error can quote the secret
		return 0, fmt.Errorf("version %s of secret %s: %w", version, id, ErrMalformed)
	}
	return numberOf(resp.GetName()), nil
}

// Add stores v as the newest version of a secret and returns its number.
func (s *Store) Add(ctx context.Context, id string, v any) (int, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("encoding secret %s: %w", id, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	sum := checksum(data)
	version, err := s.client.AddSecretVersion(ctx, &secretmanagerpb.AddSecretVersionRequest{
		Parent:  s.parent + "/secrets/" + id,
		Payload: &secretmanagerpb.SecretPayload{Data: data, DataCrc32C: &sum},
	})
	if err != nil {
		return 0, fmt.Errorf("adding a version to secret %s: %w", id, err)
	}
	return numberOf(version.GetName()), nil
}

// DestroyBefore destroys every version older than number. Each enabled version contains a valid token and is
// billed.
func (s *Store) DestroyBefore(ctx context.Context, id string, number int) error {
	versions, err := s.Versions(ctx, id)
	if err != nil {
		return err
	}
	for _, version := range versions {
		if version >= number {
			continue
		}
		if err := s.destroy(ctx, id, version); err != nil {
			return fmt.Errorf("destroying version %d of secret %s: %w", version, id, err)
		}
	}
	return nil
}

func (s *Store) destroy(ctx context.Context, id string, version int) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	_, err := s.client.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{
		Name: fmt.Sprintf("%s/secrets/%s/versions/%d", s.parent, id, version),
	})
	return err
}

// Versions returns the numbers of a secret's enabled versions. The error is [ErrEmpty] where there is no such
// secret.
func (s *Store) Versions(ctx context.Context, id string) (numbers []int, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	it := s.client.ListSecretVersions(ctx, &secretmanagerpb.ListSecretVersionsRequest{
		Parent: s.parent + "/secrets/" + id, Filter: "state:ENABLED",
	})
	for {
		version, err := it.Next()
		switch {
		case errors.Is(err, iterator.Done):
			return numbers, nil
		case status.Code(err) == codes.NotFound:
			return nil, fmt.Errorf("secret %s: %w", id, ErrEmpty)
		case err != nil:
			return nil, fmt.Errorf("listing the versions of secret %s: %w", id, err)
		}
		numbers = append(numbers, numberOf(version.GetName()))
	}
}

// numberOf returns the number at the end of projects/P/secrets/S/versions/N.
func numberOf(version string) int {
	n, _ := strconv.Atoi(path.Base(version))
	return n
}

func checksum(data []byte) int64 {
	return int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}
