package secretserver_test

import (
	"context"
	"net"
	"testing"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/functions/local/embedded/secretserver"
)

const project = "projects/insights-local"

// serve opens dir and returns Google's own client of it. Both end with the test; stop ends them earlier.
func serve(t *testing.T, dir string) (c *secretmanager.Client, stop func()) {
	t.Helper()
	srv, err := secretserver.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	c, err = secretmanager.NewClient(t.Context(),
		option.WithEndpoint(l.Addr().String()),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		c.Close()
		srv.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
	t.Cleanup(stop)
	return c, stop
}

func create(t *testing.T, c *secretmanager.Client, id string) *secretmanagerpb.Secret {
	t.Helper()
	sec, err := c.CreateSecret(t.Context(), createRequest(id))
	if err != nil {
		t.Fatalf("CreateSecret(%s): %v", id, err)
	}
	return sec
}

func createRequest(id string) *secretmanagerpb.CreateSecretRequest {
	return &secretmanagerpb.CreateSecretRequest{Parent: project, SecretId: id, Secret: &secretmanagerpb.Secret{
		Replication: &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_Automatic_{
			Automatic: &secretmanagerpb.Replication_Automatic{},
		}},
	}}
}

func add(t *testing.T, c *secretmanager.Client, secret, payload string) *secretmanagerpb.SecretVersion {
	t.Helper()
	v, err := c.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
		Parent: secret, Payload: &secretmanagerpb.SecretPayload{Data: []byte(payload)},
	})
	if err != nil {
		t.Fatalf("AddSecretVersion(%s): %v", secret, err)
	}
	return v
}

func access(ctx context.Context, c *secretmanager.Client, name string) (string, error) {
	resp, err := c.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{Name: name})
	return string(resp.GetPayload().GetData()), err
}

func wantCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("error %v: code %v, want %v", err, got, want)
	}
}

func TestServeRefusesOtherMachines(t *testing.T) {
	srv, err := secretserver.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := srv.Serve(l); err == nil {
		t.Errorf("Serve(%v) = nil, want an error", l.Addr())
	}
}

func TestUnimplemented(t *testing.T) {
	c, _ := serve(t, t.TempDir())
	_, err := c.UpdateSecret(t.Context(), &secretmanagerpb.UpdateSecretRequest{Secret: create(t, c, "s")})
	wantCode(t, err, codes.Unimplemented)
}
