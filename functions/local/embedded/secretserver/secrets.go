package secretserver

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// CreateSecret stores a secret without versions. Labels and annotations are kept; automatic replication is the only
// one there is; any other field set is InvalidArgument.
func (s *Server) CreateSecret(_ context.Context, req *secretmanagerpb.CreateSecretRequest) (*secretmanagerpb.Secret, error) {
	if err := checkParent(req.GetParent()); err != nil {
		return nil, err
	}
	if err := checkSecretID(req.GetSecretId()); err != nil {
		return nil, err
	}
	if err := checkSupported(req.GetSecret()); err != nil {
		return nil, err
	}
	sec := &secret{
		Name:        req.GetParent() + "/secrets/" + req.GetSecretId(),
		CreateTime:  time.Now().UTC(),
		Labels:      req.GetSecret().GetLabels(),
		Annotations: req.GetSecret().GetAnnotations(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets[sec.Name] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "Secret [%s] already exists.", sec.Name)
	}
	if err := s.disk.save(sec); err != nil {
		return nil, status.Errorf(codes.Internal, "storing secret [%s]: %v", sec.Name, err)
	}
	s.secrets[sec.Name] = sec
	return sec.proto(), nil
}

// checkSupported refuses every field that would be dropped silently.
func checkSupported(sec *secretmanagerpb.Secret) error {
	if sec.GetReplication().GetReplication() == nil {
		return status.Error(codes.InvalidArgument, "The secret's replication is required.")
	}
	kept := &secretmanagerpb.Secret{
		Labels:      sec.GetLabels(),
		Annotations: sec.GetAnnotations(),
		Replication: automatic(),
	}
	if !proto.Equal(sec, kept) {
		return status.Error(codes.InvalidArgument, "Only labels, annotations and automatic replication without a key of one's own are supported here.")
	}
	return nil
}

// GetSecret answers a secret, never a payload.
func (s *Server) GetSecret(_ context.Context, req *secretmanagerpb.GetSecretRequest) (*secretmanagerpb.Secret, error) {
	if err := checkSecretName(req.GetName()); err != nil {
		return nil, err
	}
	sec, err := s.find(req.GetName())
	if err != nil {
		return nil, err
	}
	return sec.proto(), nil
}

// ListSecrets answers a project's secrets, the newest first. Filters are InvalidArgument.
func (s *Server) ListSecrets(_ context.Context, req *secretmanagerpb.ListSecretsRequest) (*secretmanagerpb.ListSecretsResponse, error) {
	if err := checkParent(req.GetParent()); err != nil {
		return nil, err
	}
	if req.GetFilter() != "" {
		return nil, status.Error(codes.InvalidArgument, "Filters of secrets are not supported here.")
	}
	s.mu.RLock()
	secrets := slices.Collect(maps.Values(s.secrets))
	s.mu.RUnlock()
	secrets = slices.DeleteFunc(secrets, func(sec *secret) bool { return sec.parent() != req.GetParent() })
	slices.SortFunc(secrets, func(a, b *secret) int { return cmp.Compare(a.listKey(), b.listKey()) })
	part, next, err := page(secrets, (*secret).listKey, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	resp := &secretmanagerpb.ListSecretsResponse{NextPageToken: next, TotalSize: int32(len(secrets))}
	for _, sec := range part {
		resp.Secrets = append(resp.Secrets, sec.proto())
	}
	return resp, nil
}

// DeleteSecret removes a secret with all its versions.
func (s *Server) DeleteSecret(_ context.Context, req *secretmanagerpb.DeleteSecretRequest) (*emptypb.Empty, error) {
	if err := checkSecretName(req.GetName()); err != nil {
		return nil, err
	}
	if err := checkNoEtag(req.GetEtag()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets[req.GetName()] == nil {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", req.GetName())
	}
	if err := s.disk.remove(req.GetName()); err != nil {
		return nil, status.Errorf(codes.Internal, "removing secret [%s]: %v", req.GetName(), err)
	}
	delete(s.secrets, req.GetName())
	return &emptypb.Empty{}, nil
}

func (s *secret) parent() string {
	parent, _, _ := strings.Cut(s.Name, "/secrets/")
	return parent
}

// listKey sorts the newest first.
func (s *secret) listKey() string {
	return fmt.Sprintf("%020d %s", math.MaxInt64-s.CreateTime.UnixNano(), s.Name)
}

func (s *secret) proto() *secretmanagerpb.Secret {
	return &secretmanagerpb.Secret{
		Name:        s.Name,
		Replication: automatic(),
		CreateTime:  timestamppb.New(s.CreateTime),
		Labels:      s.Labels,
		Annotations: s.Annotations,
	}
}

func automatic() *secretmanagerpb.Replication {
	return &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_Automatic_{
		Automatic: &secretmanagerpb.Replication_Automatic{},
	}}
}
