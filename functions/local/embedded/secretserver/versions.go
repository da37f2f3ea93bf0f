package secretserver

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"math"
	"regexp"
	"slices"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	enabled   = "ENABLED"
	disabled  = "DISABLED"
	destroyed = "DESTROYED"
)

// maxPayload is in bytes: https://cloud.google.com/secret-manager/quotas#content_limits
const maxPayload = 64 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) int64 { return int64(crc32.Checksum(data, castagnoli)) }

// AddSecretVersion stores a payload of 1 byte to 64 KiB under the next number. A checksum sent along has to match.
func (s *Server) AddSecretVersion(_ context.Context, req *secretmanagerpb.AddSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	if err := checkSecretName(req.GetParent()); err != nil {
		return nil, err
	}
	payload := req.GetPayload()
	switch {
	case len(payload.GetData()) == 0:
		return nil, status.Error(codes.InvalidArgument, "Secret Payload cannot be empty.")
	case len(payload.GetData()) > maxPayload:
		return nil, status.Errorf(codes.InvalidArgument, "Secret Payload of %d bytes is larger than the limit of %d bytes.", len(payload.GetData()), maxPayload)
	case payload.DataCrc32C != nil && *payload.DataCrc32C != checksum(payload.GetData()):
		return nil, status.Error(codes.InvalidArgument, "The checksum of the Secret Payload does not match its data.")
	}
	var added *secretmanagerpb.SecretVersion
	err := s.update(req.GetParent(), func(sec *secret) error {
		sec.Versions = append(sec.Versions, version{
			State:          enabled,
			CreateTime:     time.Now().UTC(),
			ClientChecksum: payload.DataCrc32C != nil,
			Payload:        bytes.Clone(payload.GetData()), // callers in this process keep theirs
		})
		added = sec.versionProto(len(sec.Versions))
		return nil
	})
	return added, err
}

// AccessSecretVersion answers a payload with its checksum. "latest" is the newest version whatever its state, as it is
// with Google; a version that is not enabled is FailedPrecondition.
func (s *Server) AccessSecretVersion(_ context.Context, req *secretmanagerpb.AccessSecretVersionRequest) (*secretmanagerpb.AccessSecretVersionResponse, error) {
	sec, number, err := s.findVersion(req.GetName())
	if err != nil {
		return nil, err
	}
	v := sec.Versions[number-1]
	if v.State != enabled {
		return nil, wrongState(sec.versionName(number), v.State)
	}
	sum := checksum(v.Payload)
	return &secretmanagerpb.AccessSecretVersionResponse{
		Name:    sec.versionName(number),
		Payload: &secretmanagerpb.SecretPayload{Data: bytes.Clone(v.Payload), DataCrc32C: &sum},
	}, nil
}

// GetSecretVersion answers a version's state and times, never its payload.
func (s *Server) GetSecretVersion(_ context.Context, req *secretmanagerpb.GetSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	sec, number, err := s.findVersion(req.GetName())
	if err != nil {
		return nil, err
	}
	return sec.versionProto(number), nil
}

var stateFilter = regexp.MustCompile(`^state[:=](ENABLED|DISABLED|DESTROYED)$`)

// ListSecretVersions answers a secret's versions, the newest first. The one filter there is is on the state, as in
// "state:ENABLED"; others are InvalidArgument.
func (s *Server) ListSecretVersions(_ context.Context, req *secretmanagerpb.ListSecretVersionsRequest) (*secretmanagerpb.ListSecretVersionsResponse, error) {
	if err := checkSecretName(req.GetParent()); err != nil {
		return nil, err
	}
	filter := stateFilter.FindStringSubmatch(req.GetFilter())
	if req.GetFilter() != "" && filter == nil {
		return nil, status.Errorf(codes.InvalidArgument, "The filter %q is not supported here, only state:ENABLED, state:DISABLED and state:DESTROYED.", req.GetFilter())
	}
	sec, err := s.find(req.GetParent())
	if err != nil {
		return nil, err
	}
	var numbers []int
	for i, v := range slices.Backward(sec.Versions) {
		if filter == nil || v.State == filter[1] {
			numbers = append(numbers, i+1)
		}
	}
	newestFirst := func(number int) string { return fmt.Sprintf("%010d", math.MaxInt32-number) }
	part, next, err := page(numbers, newestFirst, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	resp := &secretmanagerpb.ListSecretVersionsResponse{NextPageToken: next}
	if filter == nil {
		resp.TotalSize = int32(len(numbers))
	}
	for _, n := range part {
		resp.Versions = append(resp.Versions, sec.versionProto(n))
	}
	return resp, nil
}

// DisableSecretVersion keeps the payload but stops access to it.
func (s *Server) DisableSecretVersion(_ context.Context, req *secretmanagerpb.DisableSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	return s.setState(req.GetName(), req.GetEtag(), disabled)
}

// EnableSecretVersion undoes DisableSecretVersion.
func (s *Server) EnableSecretVersion(_ context.Context, req *secretmanagerpb.EnableSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	return s.setState(req.GetName(), req.GetEtag(), enabled)
}

// DestroySecretVersion removes the payload, from the disk too. It cannot be undone.
func (s *Server) DestroySecretVersion(_ context.Context, req *secretmanagerpb.DestroySecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	return s.setState(req.GetName(), req.GetEtag(), destroyed)
}

// setState wants a version's number: what "latest" means could change between the caller's look and this call.
func (s *Server) setState(name, etag, state string) (*secretmanagerpb.SecretVersion, error) {
	secretName, number, err := splitVersionName(name)
	if err != nil {
		return nil, err
	}
	if number == latest {
		return nil, status.Errorf(codes.InvalidArgument, "The state of %q cannot be changed: a version's number is wanted.", name)
	}
	if err := checkNoEtag(etag); err != nil {
		return nil, err
	}
	var changed *secretmanagerpb.SecretVersion
	err = s.update(secretName, func(sec *secret) error {
		if number > len(sec.Versions) {
			return status.Errorf(codes.NotFound, "Secret Version [%s] not found.", name)
		}
		v := &sec.Versions[number-1]
		if v.State == destroyed {
			return wrongState(name, destroyed)
		}
		v.State = state
		if state == destroyed {
			now := time.Now().UTC()
			v.DestroyTime, v.Payload = &now, nil
		}
		changed = sec.versionProto(number)
		return nil
	})
	return changed, err
}

func (s *Server) findVersion(name string) (*secret, int, error) {
	secretName, number, err := splitVersionName(name)
	if err != nil {
		return nil, 0, err
	}
	sec, err := s.find(secretName)
	if err != nil {
		return nil, 0, err
	}
	if number == latest {
		number = len(sec.Versions)
		if number == 0 {
			return nil, 0, status.Errorf(codes.NotFound, "Secret [%s] not found or has no versions.", secretName)
		}
	}
	if number > len(sec.Versions) {
		return nil, 0, status.Errorf(codes.NotFound, "Secret Version [%s] not found.", name)
	}
	return sec, number, nil
}

func wrongState(name, state string) error {
	return status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", name, state)
}

func (s *secret) versionName(number int) string { return fmt.Sprintf("%s/versions/%d", s.Name, number) }

func (s *secret) versionProto(number int) *secretmanagerpb.SecretVersion {
	v := s.Versions[number-1]
	p := &secretmanagerpb.SecretVersion{
		Name:       s.versionName(number),
		CreateTime: timestamppb.New(v.CreateTime),
		State:      secretmanagerpb.SecretVersion_State(secretmanagerpb.SecretVersion_State_value[v.State]),
		ReplicationStatus: &secretmanagerpb.ReplicationStatus{ReplicationStatus: &secretmanagerpb.ReplicationStatus_Automatic{
			Automatic: &secretmanagerpb.ReplicationStatus_AutomaticStatus{},
		}},
		ClientSpecifiedPayloadChecksum: v.ClientChecksum,
	}
	if v.DestroyTime != nil {
		p.DestroyTime = timestamppb.New(*v.DestroyTime)
	}
	return p
}
