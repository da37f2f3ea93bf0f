// Package secretserver is Secret Manager on one machine: the gRPC service that the client of
// cloud.google.com/go/secretmanager/apiv1 speaks to, kept on disk. It exists because Google offers no emulator.
//
// It is never kinder than Secret Manager: what it does not support is refused with an error that says so.
package secretserver

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Server answers Secret Manager's calls from a folder. It never logs, and no error of its holds a payload.
type Server struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer

	disk folder
	grpc *grpc.Server

	mu      sync.RWMutex
	secrets map[string]*secret // by resource name; what is on disk, never changed in place
}

// Open reads the secrets kept in dir, which is made (mode 0700) when missing. Only one server may use a folder at a
// time. A file that cannot be read is an error: going on without it could store a second secret of the same name.
func Open(dir string) (*Server, error) {
	disk, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("opening secrets folder: %w", err)
	}
	secrets, err := disk.load()
	if err != nil {
		return nil, fmt.Errorf("reading secrets folder: %w", err)
	}
	s := &Server{disk: disk, secrets: secrets, grpc: grpc.NewServer()}
	secretmanagerpb.RegisterSecretManagerServiceServer(s.grpc, s)
	return s, nil
}

// Serve answers calls on l until Close, after which it returns nil. The calls carry no credentials, so a listener
// that other machines can reach is refused.
func (s *Server) Serve(l net.Listener) error {
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		return fmt.Errorf("serving secrets on %v: not a loopback address", a)
	}
	if err := s.grpc.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serving secrets on %v: %w", l.Addr(), err)
	}
	return nil
}

// Close ends Serve and the calls under way. Every change already answered is on disk.
func (s *Server) Close() { s.grpc.Stop() }

// find returns the secret called name, or NotFound.
func (s *Server) find(name string) (*secret, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if sec := s.secrets[name]; sec != nil {
		return sec, nil
	}
	return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", name)
}

// update applies change to a copy of the secret and answers once the copy is on disk: a call that fails changes
// nothing, in memory or on disk.
func (s *Server) update(name string, change func(*secret) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.secrets[name]
	if old == nil {
		return status.Errorf(codes.NotFound, "Secret [%s] not found.", name)
	}
	next := old.clone()
	if err := change(next); err != nil {
		return err
	}
	if err := s.disk.save(next); err != nil {
		return status.Errorf(codes.Internal, "storing secret [%s]: %v", name, err)
	}
	s.secrets[name] = next
	return nil
}
