// Package secretserver is Secret Manager on one machine, stored in a folder. Google offers no emulator.
package secretserver

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/functions/local/embedded/disk"
)

// Server is the gRPC service for the client of cloud.google.com/go/secretmanager/apiv1. It answers the calls that this
// project makes; every other call is Unimplemented. It never logs, and no error contains a payload.
type Server struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer

	folder folder

	mu      sync.Mutex
	secrets map[string]*secret // by resource name; equal to what is on disk, and never changed in place
}

// Open reads the secrets in dir, which is made (mode 0700) when missing. Only one server may use a folder at a time. A
// file that cannot be read is an error: without it, a second secret of the same name could be stored.
func Open(dir string) (*Server, error) {
	folder, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the secrets folder: %w", err)
	}
	secrets, err := folder.load(&disk.Skipped{})
	if err != nil {
		return nil, fmt.Errorf("reading the secrets folder: %w", err)
	}
	return &Server{folder: folder, secrets: secrets}, nil
}

// Declare makes a secret (projects/P/secrets/S) without versions where it is missing.
func (s *Server) Declare(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets[name] != nil {
		return nil
	}
	made := &secret{Name: name}
	if err := s.folder.save(made); err != nil {
		return fmt.Errorf("storing secret [%s]: %w", name, err)
	}
	s.secrets[name] = made
	return nil
}

// Filled reports whether there is a payload in a secret whose ID begins with prefix, in a folder that no server uses.
func Filled(dir, prefix string) (bool, error) {
	secrets, err := folder(dir).load(nil) // the server will name the files that are no secret's
	if err != nil {
		return false, fmt.Errorf("reading the secrets folder: %w", err)
	}
	for name, sec := range secrets {
		if n := len(sec.Versions); n > 0 && sec.Versions[n-1].State == enabled && strings.HasPrefix(path.Base(name), prefix) {
			return true, nil
		}
	}
	return false, nil
}

// find returns the secret called name, or NotFound.
func (s *Server) find(name string) (*secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sec := s.secrets[name]; sec != nil {
		return sec, nil
	}
	return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", name)
}

// update applies change to a copy of the secret and answers once the copy is on disk. A call that fails changes
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
	if err := s.folder.save(next); err != nil {
		err, _ = disk.Explain(err)
		return status.Errorf(codes.Internal, "storing secret [%s]: %v", name, err)
	}
	s.secrets[name] = next
	return nil
}
