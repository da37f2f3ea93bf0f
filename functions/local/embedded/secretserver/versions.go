package secretserver

import (
	"context"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	enabled   = "ENABLED"
	destroyed = "DESTROYED"
)

// maxPayload is in bytes: https://cloud.google.com/secret-manager/quotas#content_limits
const maxPayload = 64 << 10

func checksum(data []byte) int64 {
	return int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

// AddSecretVersion stores a payload of 1 byte to 64 KiB under the next number. A checksum sent with it has to match.
func (s *Server) AddSecretVersion(_ context.Context, req *secretmanagerpb.AddSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	data := req.GetPayload().GetData()
	if len(data) == 0 || len(data) > maxPayload {
		return nil, status.Errorf(codes.InvalidArgument, "The Secret Payload has %d bytes; it may have 1 to %d.", len(data), maxPayload)
	}
	if sum := req.GetPayload().DataCrc32C; sum != nil && *sum != checksum(data) {
		return nil, status.Error(codes.InvalidArgument, "The checksum of the Secret Payload does not match its data.")
	}
	var added *secretmanagerpb.SecretVersion
	err := s.update(req.GetParent(), func(sec *secret) error {
		sec.Versions = append(sec.Versions, version{State: enabled, Payload: data})
		added = sec.describe(len(sec.Versions))
		return nil
	})
	return added, err
}

// AccessSecretVersion answers a payload with its checksum. As on Google Cloud, "latest" is the newest version whatever
// its state, and a version that is not enabled is FailedPrecondition.
func (s *Server) AccessSecretVersion(_ context.Context, req *secretmanagerpb.AccessSecretVersionRequest) (*secretmanagerpb.AccessSecretVersionResponse, error) {
	name, version, _ := strings.Cut(req.GetName(), "/versions/")
	sec, err := s.find(name)
	if err != nil {
		return nil, err
	}
	number := len(sec.Versions)
	if version != "latest" {
		if number, err = sec.number(version); err != nil {
			return nil, err
		}
	}
	if number == 0 {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found or has no versions.", name)
	}
	v := sec.Versions[number-1]
	if v.State != enabled {
		return nil, status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", sec.versionName(number), v.State)
	}
	sum := checksum(v.Payload)
	return &secretmanagerpb.AccessSecretVersionResponse{
		Name:    sec.versionName(number),
		Payload: &secretmanagerpb.SecretPayload{Data: v.Payload, DataCrc32C: &sum},
	}, nil
}

// ListSecretVersions answers all enabled versions of a secret, the newest first. The filter has to be state:ENABLED.
func (s *Server) ListSecretVersions(_ context.Context, req *secretmanagerpb.ListSecretVersionsRequest) (*secretmanagerpb.ListSecretVersionsResponse, error) {
	if req.GetFilter() != "state:"+enabled {
		return nil, status.Errorf(codes.InvalidArgument, "The filter %q is not supported here, only state:ENABLED.", req.GetFilter())
	}
	sec, err := s.find(req.GetParent())
	if err != nil {
		return nil, err
	}
	resp := &secretmanagerpb.ListSecretVersionsResponse{}
	for i, v := range slices.Backward(sec.Versions) {
		if v.State == enabled {
			resp.Versions = append(resp.Versions, sec.describe(i+1))
		}
	}
	return resp, nil
}

// DestroySecretVersion removes the payload, from the disk too.
func (s *Server) DestroySecretVersion(_ context.Context, req *secretmanagerpb.DestroySecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	name, version, _ := strings.Cut(req.GetName(), "/versions/")
	var changed *secretmanagerpb.SecretVersion
	err := s.update(name, func(sec *secret) error {
		number, err := sec.number(version)
		if err != nil {
			return err
		}
		v := &sec.Versions[number-1]
		if v.State == destroyed {
			return status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", req.GetName(), v.State)
		}
		v.State, v.Payload = destroyed, nil
		changed = sec.describe(number)
		return nil
	})
	return changed, err
}

// number reads the number of a version that exists.
func (s *secret) number(version string) (int, error) {
	n, err := strconv.Atoi(version)
	if err != nil || n < 1 || n > len(s.Versions) {
		return 0, status.Errorf(codes.NotFound, "Secret Version [%s/versions/%s] not found.", s.Name, version)
	}
	return n, nil
}

func (s *secret) versionName(number int) string { return fmt.Sprintf("%s/versions/%d", s.Name, number) }

func (s *secret) describe(number int) *secretmanagerpb.SecretVersion {
	state := secretmanagerpb.SecretVersion_State_value[s.Versions[number-1].State]
	return &secretmanagerpb.SecretVersion{Name: s.versionName(number), State: secretmanagerpb.SecretVersion_State(state)}
}
