// Package secrets reads and writes Secret Manager: the Spotify app's secret and the listeners' tokens.
package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"strconv"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/shared/config"
)

// callLimit is the deadline of one call.
const callLimit = 20 * time.Second

// ClientID is the id of the secret that holds the Spotify app.
const ClientID = "spotify-client"

// TokenID is the id of the secret that holds a listener's token.
func TokenID(listener string) string { return "spotify-token-" + listener }

// ErrEmpty says that the secret is not there or holds no version that can be read.
var ErrEmpty = errors.New("the secret holds nothing yet")

// ErrMalformed says that the secret holds something else than it should. What it holds is not told.
var ErrMalformed = errors.New("the secret is not the JSON it should be")

// Store is the Secret Manager of one project.
type Store struct {
	client *secretmanager.Client
	parent string // projects/P
}

// Open makes a client. It makes no call.
func Open(ctx context.Context, project string) (*Store, error) {
	addr, err := config.EmulatorHost(config.SecretManagerEmulator)
	if err != nil {
		return nil, err
	}
	var opts []option.ClientOption
	if addr != "" {
		opts = []option.ClientOption{
			option.WithEndpoint(addr), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		}
	}
	client, err := secretmanager.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("making a Secret Manager client: %w", err)
	}
	return &Store{client, "projects/" + project}, nil
}

// Latest decodes the version "latest" of a secret into v and returns the version's number. For
// minutes after a change it may be the version before the newest. The error is [ErrEmpty] where
// there is none.
func (s *Store) Latest(ctx context.Context, id string, v any) (int, error) {
	return s.access(ctx, id, "latest", v)
}

// Newest is [Store.Latest] without the lag: it asks for the versions, then for the newest by its number.
func (s *Store) Newest(ctx context.Context, id string, v any) (int, error) {
	newest := 0
	err := s.EachEnabled(ctx, id, func(number int) error {
		newest = max(newest, number)
		return nil
	})
	if err != nil {
		return 0, err
	}
	if newest == 0 {
		return 0, fmt.Errorf("secret %s: %w", id, ErrEmpty)
	}
	return s.access(ctx, id, strconv.Itoa(newest), v)
}

func (s *Store) access(ctx context.Context, id, version string, v any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	resp, err := s.client.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{
		Name: fmt.Sprintf("%s/secrets/%s/versions/%s", s.parent, id, version),
	})
	switch status.Code(err) {
	case codes.OK:
	case codes.NotFound, codes.FailedPrecondition: // no version; or disabled, or destroyed
		return 0, fmt.Errorf("secret %s: %w", id, ErrEmpty)
	default:
		return 0, fmt.Errorf("reading version %s of secret %s: %w", version, id, err)
	}
	data := resp.GetPayload().GetData()
	if sum := resp.GetPayload().DataCrc32C; sum != nil && *sum != checksum(data) {
		return 0, fmt.Errorf("reading version %s of secret %s: it was damaged on its way", version, id)
	}
	if err := json.Unmarshal(data, v); err != nil { // the error's own text can quote the secret
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

// DestroyBefore destroys every version older than number: each enabled version is a live token, and
// is billed.
func (s *Store) DestroyBefore(ctx context.Context, id string, number int) error {
	return s.EachEnabled(ctx, id, func(n int) error {
		if n >= number {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		_, err := s.client.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{
			Name: fmt.Sprintf("%s/secrets/%s/versions/%d", s.parent, id, n),
		})
		if err != nil {
			return fmt.Errorf("destroying version %d of secret %s: %w", n, id, err)
		}
		return nil
	})
}

// EachEnabled calls do with the number of every version of a secret that can be read. The error is
// do's own, or [ErrEmpty] where there is no such secret.
func (s *Store) EachEnabled(ctx context.Context, id string, do func(number int) error) error {
	list, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	it := s.client.ListSecretVersions(list, &secretmanagerpb.ListSecretVersionsRequest{
		Parent: s.parent + "/secrets/" + id, Filter: "state:ENABLED",
	})
	for {
		version, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if status.Code(err) == codes.NotFound {
			return fmt.Errorf("secret %s: %w", id, ErrEmpty)
		}
		if err != nil {
			return fmt.Errorf("listing the versions of secret %s: %w", id, err)
		}
		if err := do(numberOf(version.GetName())); err != nil {
			return err
		}
	}
}

// numberOf reads the number at the end of projects/P/secrets/S/versions/N.
func numberOf(version string) int {
	n, _ := strconv.Atoi(path.Base(version))
	return n
}

func checksum(data []byte) int64 {
	return int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}
