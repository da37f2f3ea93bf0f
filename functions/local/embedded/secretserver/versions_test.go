package secretserver_test

import (
	"bytes"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestAddSecretVersion(t *testing.T) {
	sum := func(data string) *int64 {
		n := int64(crc32.Checksum([]byte(data), crc32.MakeTable(crc32.Castagnoli)))
		return &n
	}
	limit := string(bytes.Repeat([]byte{0xff}, 64<<10))
	c, _ := serve(t, t.TempDir())
	sec := create(t, c, "s").Name
	tests := []struct {
		name   string
		parent string
		data   string
		sum    *int64
		want   codes.Code
	}{
		{"plain", sec, "refresh", nil, codes.OK},
		{"with checksum", sec, "refresh", sum("refresh"), codes.OK},
		{"wrong checksum", sec, "refresh", sum("refreshed"), codes.InvalidArgument},
		{"empty", sec, "", nil, codes.InvalidArgument},
		{"64 KiB", sec, limit, sum(limit), codes.OK},
		{"over 64 KiB", sec, limit + "x", nil, codes.InvalidArgument},
		{"no such secret", project + "/secrets/other", "x", nil, codes.NotFound},
		{"hostile parent", project + "/secrets/../s", "x", nil, codes.InvalidArgument},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := c.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
				Parent: tt.parent, Payload: &secretmanagerpb.SecretPayload{Data: []byte(tt.data), DataCrc32C: tt.sum},
			})
			wantCode(t, err, tt.want)
			if err != nil {
				if tt.data != "" && strings.Contains(err.Error(), "refresh") {
					t.Errorf("the payload is in the error: %v", err)
				}
				return
			}
			if v.ClientSpecifiedPayloadChecksum != (tt.sum != nil) {
				t.Errorf("client_specified_payload_checksum = %v", v.ClientSpecifiedPayloadChecksum)
			}
			got, err := c.AccessSecretVersion(t.Context(), &secretmanagerpb.AccessSecretVersionRequest{Name: v.Name})
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != v.Name || string(got.Payload.Data) != tt.data || got.Payload.GetDataCrc32C() != *sum(tt.data) {
				t.Errorf("access answers another payload, checksum or name (%s)", got.Name)
			}
		})
	}
}

func TestAccessSecretVersion(t *testing.T) {
	ctx := t.Context()
	c, _ := serve(t, t.TempDir())
	sec := create(t, c, "s").Name
	_, err := access(ctx, c, sec+"/versions/latest")
	wantError(t, err, codes.NotFound, "Secret ["+sec+"] not found or has no versions.")

	for _, p := range []string{"one", "two", "three"} {
		add(t, c, sec, p)
	}
	for v, want := range map[string]string{"1": "one", "2": "two", "3": "three", "latest": "three"} {
		if got, err := access(ctx, c, sec+"/versions/"+v); err != nil || got != want {
			t.Errorf("version %s: %q, %v; want %q", v, got, err, want)
		}
	}
	if v, err := c.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: sec + "/versions/latest"}); err != nil || v.Name != sec+"/versions/3" {
		t.Errorf("GetSecretVersion(latest) = %v, %v", v, err)
	}

	_, err = access(ctx, c, sec+"/versions/4")
	wantError(t, err, codes.NotFound, "Secret Version ["+sec+"/versions/4] not found.")
	for _, bad := range []string{"0", "-1", "01", "+1", "1/..", "live", "", "99999999999999999999"} {
		_, err := access(ctx, c, sec+"/versions/"+bad)
		wantCode(t, err, codes.InvalidArgument)
	}

	// latest is the newest, whatever its state.
	if _, err := c.DisableSecretVersion(ctx, &secretmanagerpb.DisableSecretVersionRequest{Name: sec + "/versions/3"}); err != nil {
		t.Fatal(err)
	}
	_, err = access(ctx, c, sec+"/versions/latest")
	wantError(t, err, codes.FailedPrecondition, "Secret Version ["+sec+"/versions/3] is in DISABLED state.")
}

func wantError(t *testing.T, err error, code codes.Code, message string) {
	t.Helper()
	wantCode(t, err, code)
	if got := status.Convert(err).Message(); got != message {
		t.Errorf("message %q, want %q", got, message)
	}
}

func TestVersionStates(t *testing.T) {
	ctx := t.Context()
	c, _ := serve(t, t.TempDir())
	sec := create(t, c, "s").Name
	name := add(t, c, sec, "payload").Name

	set := map[string]func(etag string) (*secretmanagerpb.SecretVersion, error){
		"disable": func(etag string) (*secretmanagerpb.SecretVersion, error) {
			return c.DisableSecretVersion(ctx, &secretmanagerpb.DisableSecretVersionRequest{Name: name, Etag: etag})
		},
		"enable": func(etag string) (*secretmanagerpb.SecretVersion, error) {
			return c.EnableSecretVersion(ctx, &secretmanagerpb.EnableSecretVersionRequest{Name: name, Etag: etag})
		},
		"destroy": func(etag string) (*secretmanagerpb.SecretVersion, error) {
			return c.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{Name: name, Etag: etag})
		},
	}
	for verb, do := range set {
		if _, err := do("some-etag"); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s with an etag: %v", verb, err)
		}
	}
	steps := []struct {
		verb   string
		code   codes.Code
		state  secretmanagerpb.SecretVersion_State
		access codes.Code
	}{
		{"disable", codes.OK, secretmanagerpb.SecretVersion_DISABLED, codes.FailedPrecondition},
		{"enable", codes.OK, secretmanagerpb.SecretVersion_ENABLED, codes.OK},
		{"enable", codes.OK, secretmanagerpb.SecretVersion_ENABLED, codes.OK},
		{"destroy", codes.OK, secretmanagerpb.SecretVersion_DESTROYED, codes.FailedPrecondition},
		{"enable", codes.FailedPrecondition, secretmanagerpb.SecretVersion_DESTROYED, codes.FailedPrecondition},
		{"disable", codes.FailedPrecondition, secretmanagerpb.SecretVersion_DESTROYED, codes.FailedPrecondition},
		{"destroy", codes.FailedPrecondition, secretmanagerpb.SecretVersion_DESTROYED, codes.FailedPrecondition},
	}
	for i, step := range steps {
		_, err := set[step.verb]("")
		wantCode(t, err, step.code)
		v, err := c.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if v.State != step.state {
			t.Errorf("step %d, %s: state %v, want %v", i, step.verb, v.State, step.state)
		}
		if destroyed := v.DestroyTime != nil; destroyed != (step.state == secretmanagerpb.SecretVersion_DESTROYED) {
			t.Errorf("step %d, %s: destroy time %v", i, step.verb, v.DestroyTime)
		}
		_, err = access(ctx, c, name)
		wantCode(t, err, step.access)
	}
	_, err := c.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{Name: sec + "/versions/latest"})
	wantCode(t, err, codes.InvalidArgument)
	_, err = c.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{Name: sec + "/versions/2"})
	wantCode(t, err, codes.NotFound)
	// Numbers are never given twice.
	if v := add(t, c, sec, "next"); v.Name != sec+"/versions/2" {
		t.Errorf("next version is %s", v.Name)
	}
}

func TestListSecretVersions(t *testing.T) {
	ctx := t.Context()
	c, _ := serve(t, t.TempDir())
	sec := create(t, c, "s").Name
	for range 12 {
		add(t, c, sec, "p")
	}
	for _, n := range []string{"3", "11"} {
		if _, err := c.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{Name: sec + "/versions/" + n}); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		filter string
		size   int32
		want   string
	}{
		{"", 0, "12 11 10 9 8 7 6 5 4 3 2 1"},
		{"", 5, "12 11 10 9 8 7 6 5 4 3 2 1"},
		{"state:ENABLED", 3, "12 10 9 8 7 6 5 4 2 1"},
		{"state=DESTROYED", 1, "11 3"},
		{"state:DISABLED", 0, ""},
	}
	for _, tt := range tests {
		got, err := versions(t, c, sec, tt.filter, tt.size)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("filter %q, pages of %d:\n%s", tt.filter, tt.size, diff)
		}
	}
	for _, filter := range []string{"ENABLED", "state:ENABLED OR state:DISABLED", "create_time>2020", "state:enabled"} {
		_, err := versions(t, c, sec, filter, 0)
		wantCode(t, err, codes.InvalidArgument)
	}
	_, err := versions(t, c, project+"/secrets/other", "", 0)
	wantCode(t, err, codes.NotFound)
}

func versions(t *testing.T, c *secretmanager.Client, sec, filter string, size int32) (numbers []string, err error) {
	t.Helper()
	it := c.ListSecretVersions(t.Context(), &secretmanagerpb.ListSecretVersionsRequest{Parent: sec, Filter: filter, PageSize: size})
	for {
		v, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return numbers, nil
		}
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, strings.TrimPrefix(v.Name, sec+"/versions/"))
	}
}
