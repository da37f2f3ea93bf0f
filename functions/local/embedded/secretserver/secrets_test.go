package secretserver_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestSecretLifecycle(t *testing.T) {
	ctx := t.Context()
	c, _ := serve(t, t.TempDir())
	req := createRequest("spotify-token-me")
	req.Secret.Labels = map[string]string{"app": "insights"}
	before := time.Now()
	made, err := c.CreateSecret(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	if want := project + "/secrets/spotify-token-me"; made.Name != want {
		t.Errorf("name %q, want %q", made.Name, want)
	}
	if at := made.CreateTime.AsTime(); at.Before(before) || at.After(time.Now()) {
		t.Errorf("create time %v is not now", at)
	}
	got, err := c.GetSecret(ctx, &secretmanagerpb.GetSecretRequest{Name: made.Name})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, got, protocmp.Transform()); diff != "" {
		t.Errorf("GetSecret answers something else than CreateSecret:\n%s", diff)
	}
	if got.Labels["app"] != "insights" {
		t.Errorf("labels %v", got.Labels)
	}

	_, err = c.CreateSecret(ctx, req)
	wantCode(t, err, codes.AlreadyExists)

	if err := c.DeleteSecret(ctx, &secretmanagerpb.DeleteSecretRequest{Name: made.Name}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetSecret(ctx, &secretmanagerpb.GetSecretRequest{Name: made.Name})
	wantCode(t, err, codes.NotFound)
	wantCode(t, c.DeleteSecret(ctx, &secretmanagerpb.DeleteSecretRequest{Name: made.Name}), codes.NotFound)
}

func TestCreateSecretRefuses(t *testing.T) {
	tests := []struct {
		name string
		edit func(*secretmanagerpb.CreateSecretRequest)
	}{
		{"empty id", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = "" }},
		{"long id", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = strings.Repeat("a", 256) }},
		{"dots", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = ".." }},
		{"traversal", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = "../../etc/passwd" }},
		{"absolute", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = "/etc/passwd" }},
		{"slash", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = "a/versions/1" }},
		{"new line", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = "a\n" }},
		{"zero byte", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = "a\x00" }},
		{"not ASCII", func(r *secretmanagerpb.CreateSecretRequest) { r.SecretId = "ä" }},
		{"no project", func(r *secretmanagerpb.CreateSecretRequest) { r.Parent = "" }},
		{"project traversal", func(r *secretmanagerpb.CreateSecretRequest) { r.Parent = "projects/.." }},
		{"region", func(r *secretmanagerpb.CreateSecretRequest) { r.Parent += "/locations/us-east1" }},
		{"no secret", func(r *secretmanagerpb.CreateSecretRequest) { r.Secret = nil }},
		{"no replication", func(r *secretmanagerpb.CreateSecretRequest) { r.Secret.Replication = nil }},
		{"user-managed replication", func(r *secretmanagerpb.CreateSecretRequest) {
			r.Secret.Replication.Replication = &secretmanagerpb.Replication_UserManaged_{UserManaged: &secretmanagerpb.Replication_UserManaged{}}
		}},
		{"expiry", func(r *secretmanagerpb.CreateSecretRequest) {
			r.Secret.Expiration = &secretmanagerpb.Secret_Ttl{Ttl: durationpb.New(time.Hour)}
		}},
		{"aliases", func(r *secretmanagerpb.CreateSecretRequest) { r.Secret.VersionAliases = map[string]int64{"live": 1} }},
	}
	c, _ := serve(t, t.TempDir())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := createRequest("ok")
			tt.edit(req)
			_, err := c.CreateSecret(t.Context(), req)
			wantCode(t, err, codes.InvalidArgument)
		})
	}
	if got := list(t, c, 0, nil); len(got) != 0 {
		t.Errorf("refused secrets were stored: %v", got)
	}
	create(t, c, strings.Repeat("a", 255))
	create(t, c, "same")
	create(t, c, "SAME") // ids that differ in case are different secrets
}

func TestListSecrets(t *testing.T) {
	c, _ := serve(t, t.TempDir())
	var want []string
	for i := range 7 {
		want = append(want, create(t, c, fmt.Sprintf("s%d", i)).Name)
	}
	slices.Reverse(want)
	for _, size := range []int32{0, 1, 3, 7, 100} {
		if diff := cmp.Diff(want, list(t, c, size, nil)); diff != "" {
			t.Errorf("pages of %d:\n%s", size, diff)
		}
	}
	// Deleting while listing neither repeats nor loses the rest.
	got := list(t, c, 2, func(name string) {
		if err := c.DeleteSecret(t.Context(), &secretmanagerpb.DeleteSecretRequest{Name: name}); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deleting while listing:\n%s", diff)
	}

	for name, req := range map[string]*secretmanagerpb.ListSecretsRequest{
		"filter":   {Parent: project, Filter: "labels.a=b"},
		"token":    {Parent: project, PageToken: "!"},
		"negative": {Parent: project, PageSize: -1},
		"parent":   {Parent: "projects/../x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.ListSecrets(t.Context(), req).Next()
			wantCode(t, err, codes.InvalidArgument)
		})
	}
}

// list pages through the project's secrets and calls seen, if given, for each.
func list(t *testing.T, c *secretmanager.Client, size int32, seen func(string)) []string {
	t.Helper()
	var names []string
	it := c.ListSecrets(t.Context(), &secretmanagerpb.ListSecretsRequest{Parent: project, PageSize: size})
	for {
		sec, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, sec.Name)
		if seen != nil {
			seen(sec.Name)
		}
	}
}
