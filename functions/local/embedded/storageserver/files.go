package storageserver

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"syscall"
	"time"

	"spotify-insights.internal/functions/local/embedded/disk"
	"spotify-insights.internal/shared/faults"
)

// temporary is the folder of files that are being written. No bucket has such a name.
const temporary = ".writing"

// Object describes an object in the form of Cloud Storage's JSON API.
type Object struct {
	Bucket     string    `json:"bucket"`
	Name       string    `json:"name"`
	Generation int64     `json:"generation,string"` // the file's modification time, in microseconds since 1970
	Size       int64     `json:"size,string"`       // bytes
	Created    time.Time `json:"timeCreated"`       // of the generation
	CRC32C     string    `json:"crc32c,omitempty"`  // in Base64; of a write only, whose client compares it
}

// describe makes an object of what the file system returned. Only a regular file is an object.
func describe(bucket, name string, info fs.FileInfo, err error) (Object, error) {
	if errors.Is(err, syscall.ENOTDIR) || err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Object{}, err
	}
	at := info.ModTime().UTC()
	return Object{Bucket: bucket, Name: name, Generation: at.UnixMicro(), Size: info.Size(), Created: at}, nil
}

func (s *Server) stat(bucket, name string) (Object, error) {
	file, err := filePath(bucket, name)
	if err != nil {
		return Object{}, err
	}
	info, err := s.lstat(file)
	return describe(bucket, name, info, err)
}

// open opens an object's file. A writer that replaces the object later does not change what the file returns.
func (s *Server) open(bucket, name string) (*os.File, Object, error) {
	if o, err := s.stat(bucket, name); err != nil {
		return nil, o, err
	}
	var info fs.FileInfo
	f, err := s.root.OpenFile(path.Join(bucket, name), disk.ReadOnly, 0)
	if err == nil {
		info, err = f.Stat()
	}
	o, err := describe(bucket, name, info, err)
	if err != nil {
		f.Close()
	}
	return f, o, err
}

// Write stores content as an object, or nothing if the content cannot be read to its end. The error is
// [fs.ErrNotExist] where there is no such bucket.
func (s *Server) Write(_ context.Context, bucket, name string, content io.Reader) error {
	if _, err := s.write(bucket, name, content, nil); err != nil {
		return fmt.Errorf("writing gs://%s/%s: %w", bucket, name, err)
	}
	return nil
}

// write stores content as an object: whole, or not at all if the process is killed or the content cannot be read.
// Where generation is not nil the object has to have that generation, 0 where it does not exist.
func (s *Server) write(bucket, name string, content io.Reader, generation *int64) (o Object, err error) {
	file := path.Join(temporary, rand.Text())
	defer func() {
		if err != nil {
			s.root.Remove(file)
		}
	}()
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if err := s.writeFile(file, io.TeeReader(content, sum)); err != nil {
		return o, err
	}
	o, changed, err := s.replace(bucket, name, file, generation)
	if err == nil {
		err = s.syncFolders(changed)
	}
	if err != nil {
		return o, err
	}
	o.CRC32C = base64.StdEncoding.EncodeToString(sum.Sum(nil))
	s.mu.Lock()
	calls := s.finalized
	s.mu.Unlock()
	for _, call := range calls {
		call(o)
	}
	return o, nil
}

func (s *Server) writeFile(file string, content io.Reader) error {
	f, err := s.root.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// replace puts a file in the place of an object, and returns the folders that have another entry then. The lock makes
// one step of the check and the rename.
func (s *Server) replace(bucket, name, file string, generation *int64) (o Object, changed []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.stat(bucket, name)
	if errors.Is(err, fs.ErrNotExist) {
		err = s.checkBucket(bucket)
	}
	if err == nil {
		err = old.match(name, generation)
	}
	if err != nil {
		return old, nil, err
	}
	if bucket == s.kept && old.Generation != 0 {
		return old, nil, fault(http.StatusForbidden, "object %s cannot be replaced: objects of this bucket are permanent", name)
	}
	now := time.UnixMicro(max(time.Now().UnixMicro(), old.Generation+1)) // a clock may be set back
	if err := s.root.Chtimes(file, now, now); err != nil {
		return old, nil, err
	}
	target := path.Join(bucket, name)
	changed, err = s.makeFolders(path.Dir(target))
	if err == nil {
		err = s.root.Rename(file, target)
	}
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) || errors.Is(err, fs.ErrExist) {
		return old, nil, fault(http.StatusBadRequest, "the embedded storage cannot store %s: a file, a folder or a symbolic link is in its way", faults.Quote(name))
	}
	if err != nil {
		return old, nil, err
	}
	o, err = s.stat(bucket, name)
	return o, changed, err
}

// match returns an error where the object does not have the generation, which is nil where any will do.
func (o Object) match(name string, generation *int64) error {
	if generation != nil && *generation != o.Generation {
		return fault(http.StatusPreconditionFailed, "object %s has generation %d, not %d", name, o.Generation, *generation)
	}
	return nil
}

// remove deletes an object and the folders that it leaves empty, up to the bucket's. Where generation is not nil the
// object has to have that generation.
func (s *Server) remove(bucket, name string, generation *int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bucket == s.kept {
		return fault(http.StatusForbidden, "object %s cannot be deleted: objects of this bucket are permanent", name)
	}
	o, err := s.stat(bucket, name)
	if err == nil {
		err = o.match(name, generation)
	}
	if err != nil {
		return err
	}
	file := path.Join(bucket, name)
	err = s.root.Remove(file)
	for dir := path.Dir(file); err == nil && dir != bucket; dir = path.Dir(dir) {
		if s.root.Remove(dir) != nil { // not empty
			break
		}
	}
	return err
}
