// Package storageserver is Cloud Storage on one machine, for the client of cloud.google.com/go/storage that finds it
// through STORAGE_EMULATOR_HOST: github.com/fsouza/fake-gcs-server on disk, behind a handler that makes up for what it
// lacks. Objects are plain files under the root, bucket/name; their attributes are extended attributes of the files
// or, where the file system has none, files beside them.
//
// What the handler adds:
//   - object names cannot leave their bucket's folder;
//   - only what is known to work is let through (see routes); the rest is an error that says so;
//   - preconditions hold for reads and deletions too, not for writes alone;
//   - a notification is published before the writer has its answer, so none is ever on its way unseen;
//   - at the start, writes that a kill cut short are finished.
//
// While the server runs, nothing else may write into the root: one file of unknown origin makes its bucket unlistable
// until the next start.
package storageserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// Bucket is one bucket there is to be.
type Bucket struct {
	Name  string
	Topic string // ID of the topic told of each object finalized; none if empty
}

// Options of a server.
type Options struct {
	Root    string // folder of the buckets, made (mode 0700) when missing
	Project string // of the topics
	Buckets []Bucket
}

// Server is a running server.
type Server struct {
	listener net.Listener
	http     *http.Server
	fake     *fakestorage.Server

	project string
	pubsub  *pubsub.Client    // nil without topics
	topics  map[string]string // resource names, by bucket
	kept    map[string]bool   // the buckets of the options

	// write is held by every request that changes something: it makes a precondition and its deletion one step.
	write sync.Mutex

	unused connections
}

// https://cloud.google.com/storage/docs/buckets#naming
var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*([.][a-z0-9_-]+)*$`)

func checkBucketName(name string) error {
	if len(name) < 3 || len(name) > 63 || !bucketPattern.MatchString(name) {
		return fmt.Errorf("invalid bucket name %q", name)
	}
	return nil
}

func (o *Options) validate() error {
	var errs []error
	if o.Root == "" {
		errs = append(errs, errors.New("no root"))
	}
	for _, b := range o.Buckets {
		errs = append(errs, checkBucketName(b.Name))
		if b.Topic != "" && o.Project == "" {
			errs = append(errs, fmt.Errorf("bucket %q has a topic, but there is no project", b.Name))
		}
		// Without it, the client would publish to the real Pub/Sub.
		if b.Topic != "" && os.Getenv("PUBSUB_EMULATOR_HOST") == "" {
			errs = append(errs, fmt.Errorf("bucket %q has a topic, but PUBSUB_EMULATOR_HOST is not set", b.Name))
		}
	}
	return errors.Join(errs...)
}

// Start serves the buckets on a free loopback port. Only one server may use a root at a time. Topics are looked for in
// the server at PUBSUB_EMULATOR_HOST when something is published, not before.
func Start(opts Options) (*Server, error) {
	s, err := start(opts)
	if err != nil {
		return nil, fmt.Errorf("starting storage server: %w", err)
	}
	return s, nil
}

func start(opts Options) (_ *Server, err error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s := &Server{project: opts.Project, topics: map[string]string{}, kept: map[string]bool{}}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.listener.Close()
		}
	}()
	s.fake, err = fakestorage.NewServerWithOptions(fakestorage.Options{
		StorageRoot: opts.Root,
		Scheme:      "http",
		NoListener:  true,
		ExternalURL: s.URL(),
		PublicHost:  s.Host(),
	})
	if err != nil {
		return nil, err
	}
	if err := finishWrites(opts.Root, s.fake); err != nil {
		return nil, err
	}
	for _, b := range opts.Buckets {
		if err := createBucket(s.fake, b.Name); err != nil {
			return nil, err
		}
		s.kept[b.Name] = true
		if b.Topic != "" {
			s.topics[b.Name] = fmt.Sprintf("projects/%s/topics/%s", opts.Project, b.Topic)
		}
	}
	if len(s.topics) > 0 {
		if s.pubsub, err = pubsub.NewClient(context.Background(), opts.Project); err != nil {
			return nil, err
		}
	}
	s.http = &http.Server{
		Handler:           s.guard(s.routes()),
		ConnState:         s.unused.track,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	go s.http.Serve(s.listener) // returns when Close stops it
	return s, nil
}

// createBucket does nothing to a bucket that is there.
func createBucket(fake *fakestorage.Server, name string) (err error) {
	defer func() {
		if p := recover(); p != nil { // how it reports errors
			err = fmt.Errorf("creating bucket %s: %v", name, p)
		}
	}()
	fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: name})
	return nil
}

// Host is the value for STORAGE_EMULATOR_HOST.
func (s *Server) Host() string { return s.listener.Addr().String() }

// URL is the server's base, without a slash at its end.
func (s *Server) URL() string { return "http://" + s.Host() }

// Close takes no more requests and waits up to 5 seconds for those under way; their notifications are published by
// then. What was answered is on disk.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s.unused.close()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("closing storage server: requests broken off: %w", err), s.http.Close())
	}
	s.fake.Stop()
	if s.pubsub != nil {
		err = errors.Join(err, s.pubsub.Close())
	}
	return err
}
