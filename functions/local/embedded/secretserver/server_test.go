package secretserver_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/functions/local/embedded/secretserver"
)

const name = "projects/local/secrets/spotify-token-me"

// client is Google's own client of a server.
type client struct{ *secretmanager.Client }

// serve opens dir and declares a secret.
func serve(t *testing.T, dir string) client {
	t.Helper()
	server, err := secretserver.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Declare(name); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls := grpc.NewServer()
	secretmanagerpb.RegisterSecretManagerServiceServer(calls, server)
	go calls.Serve(listener)
	c, err := secretmanager.NewClient(t.Context(), option.WithEndpoint(listener.Addr().String()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		calls.Stop()
	})
	return client{c}
}

func (c client) add(ctx context.Context, payload string) (*secretmanagerpb.SecretVersion, error) {
	return c.AddSecretVersion(ctx, &secretmanagerpb.AddSecretVersionRequest{Parent: name, Payload: &secretmanagerpb.SecretPayload{Data: []byte(payload)}})
}

func (c client) mustAdd(t *testing.T, payload string) {
	t.Helper()
	if _, err := c.add(t.Context(), payload); err != nil {
		t.Fatal(err)
	}
}

// access returns the payload of a version of the declared secret.
func (c client) access(ctx context.Context, version string) (string, error) {
	resp, err := c.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{Name: name + "/versions/" + version})
	if sum := resp.GetPayload().GetDataCrc32C(); err == nil && sum != checksum(resp.Payload.Data) {
		return "", fmt.Errorf("checksum %d of %q", sum, resp.Payload.Data)
	}
	return string(resp.GetPayload().GetData()), err
}

func (c client) destroy(ctx context.Context, version string) error {
	_, err := c.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{Name: name + "/versions/" + version})
	return err
}

func (c client) list(ctx context.Context, parent, filter string) (numbers []string, err error) {
	it := c.ListSecretVersions(ctx, &secretmanagerpb.ListSecretVersionsRequest{Parent: parent, Filter: filter})
	for {
		v, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return numbers, nil
		}
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, strings.TrimPrefix(v.Name, parent+"/versions/"))
	}
}

func checksum(data []byte) int64 {
	return int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("%s: error %v has code %v, want %v", what, err, got, want)
	}
}

func TestVersions(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	c := serve(t, dir)
	_, err := c.access(ctx, "latest")
	wantCode(t, "latest of none", err, codes.NotFound)
	filled := func(prefix string) bool {
		yes, err := secretserver.Filled(dir, prefix)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if filled("spotify-token-") {
		t.Error("an empty secret is filled")
	}
	for _, payload := range []string{"one", "two", "three"} {
		c.mustAdd(t, payload)
	}
	if !filled("spotify-token-") || filled("spotify-client") {
		t.Error("which secrets are filled is wrong")
	}
	for version, want := range map[string]string{"1": "one", "2": "two", "3": "three", "latest": "three"} {
		if got, err := c.access(ctx, version); err != nil || got != want {
			t.Errorf("version %s is %q, %v, want %q", version, got, err, want)
		}
	}
	for _, version := range []string{"0", "-1", "4", "1/..", "live", "", "99999999999999999999"} {
		_, err := c.access(ctx, version)
		wantCode(t, "version "+version, err, codes.NotFound)
		wantCode(t, "destroying version "+version, c.destroy(ctx, version), codes.NotFound)
	}
	wantCode(t, "destroying", c.destroy(ctx, "3"), codes.OK)
	wantCode(t, "destroying again", c.destroy(ctx, "3"), codes.FailedPrecondition)
	wantCode(t, "destroying latest", c.destroy(ctx, "latest"), codes.NotFound)
	_, err = c.access(ctx, "latest") // the newest, whatever its state
	wantCode(t, "a destroyed version", err, codes.FailedPrecondition)
	if got, err := c.list(ctx, name, "state:ENABLED"); err != nil || !slices.Equal(got, []string{"2", "1"}) {
		t.Errorf("enabled are %v, %v", got, err)
	}
	if v, err := c.add(ctx, "four"); err != nil || v.Name != name+"/versions/4" {
		t.Errorf("the version after a destroyed one is %v, %v", v, err)
	}
	if err := c.server.Declare(name); err != nil {
		t.Fatal(err)
	}
	if got, err := c.access(ctx, "latest"); err != nil || got != "four" {
		t.Errorf("after a second declaration: %q, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	ctx := t.Context()
	c := serve(t, t.TempDir())
	sum := checksum([]byte("refreshed"))
	limit := strings.Repeat("x", 64<<10)
	for what, tt := range map[string]struct {
		parent, data string
		sum          *int64
		want         codes.Code
	}{
		"64 KiB":            {name, limit, nil, codes.OK},
		"over 64 KiB":       {name, limit + "x", nil, codes.InvalidArgument},
		"empty":             {name, "", nil, codes.InvalidArgument},
		"wrong checksum":    {name, "refresh", &sum, codes.InvalidArgument},
		"right checksum":    {name, "refreshed", &sum, codes.OK},
		"no such secret":    {name + "2", "refresh", nil, codes.NotFound},
		"not a secret name": {"projects/local/secrets/../x", "refresh", nil, codes.NotFound},
	} {
		_, err := c.AddSecretVersion(ctx, &secretmanagerpb.AddSecretVersionRequest{
			Parent: tt.parent, Payload: &secretmanagerpb.SecretPayload{Data: []byte(tt.data), DataCrc32C: tt.sum},
		})
		wantCode(t, what, err, tt.want)
		if err != nil && strings.Contains(err.Error(), "refresh") {
			t.Errorf("%s: the payload is in the error: %v", what, err)
		}
	}
	_, err := c.list(ctx, name, "")
	wantCode(t, "a list of all states", err, codes.InvalidArgument)
	_, err = c.list(ctx, name+"2", "state:ENABLED")
	wantCode(t, "a list of no secret", err, codes.NotFound)
	_, err = c.GetSecret(ctx, &secretmanagerpb.GetSecretRequest{Name: name})
	wantCode(t, "a call that nobody makes", err, codes.Unimplemented)
}

// Versions are numbered without gaps and repetitions, and none is lost.
func TestConcurrentAdds(t *testing.T) {
	dir := t.TempDir()
	c := serve(t, dir)
	var stored sync.Map
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			payload := fmt.Sprintf("payload %d", i)
			v, err := c.add(t.Context(), payload)
			if err != nil {
				t.Error(err)
				return
			}
			stored.Store(strings.TrimPrefix(v.Name, name+"/versions/"), payload)
		})
	}
	wg.Wait()
	c = serve(t, dir)
	for i := range 20 {
		version := fmt.Sprint(i + 1)
		want, _ := stored.Load(version)
		if got, err := c.access(t.Context(), version); err != nil || got != want {
			t.Errorf("version %s is %q, %v, want %q", version, got, err, want)
		}
	}
}
