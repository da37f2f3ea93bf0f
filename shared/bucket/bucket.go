// Package bucket reads and writes Cloud Storage objects. Every call has a deadline, and every write has a
// precondition that makes it safe to repeat.
package bucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/faults"
)

const (
	// callLimit is the deadline of one call. Objects have at most a few MB.
	callLimit = time.Minute
	// listLimit is the deadline of a whole list, which comes in answers of a thousand names.
	listLimit = 10 * time.Minute
	// maxDocument is the largest size of a JSON document in bytes, so that a foreign object cannot fill the memory.
	maxDocument = 64 << 20
)

// ErrPrecondition means that the object was created or replaced after the writer read it.
var ErrPrecondition = errors.New("another process has written the object")

// Bucket is a client of one bucket.
type Bucket struct {
	Name   string
	handle *storage.BucketHandle
}

// Object describes one object.
type Object struct {
	Name       string
	Generation int64
	Size       int64     // bytes, as stored
	Created    time.Time // when the generation was written; Read does not return it
}

// Open makes a client of one bucket. It makes no call.
func Open(ctx context.Context, bucket string) (*Bucket, error) {
	options, err := emulator.HTTP(emulator.Storage, "/storage/v1/")
	if err != nil {
		return nil, err
	}
	client, err := storage.NewClient(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("making a Cloud Storage client: %w", err)
	}
	return &Bucket{bucket, client.Bucket(bucket)}, nil
}

// Create writes an object unless one with its name exists, and reports whether it wrote. It looks up the name
// first: where the account may create but not delete objects, the answer for an existing name can be 403
// instead of 412.
func (b *Bucket) Create(ctx context.Context, name, contentType string, content []byte) (bool, error) {
	if exists, err := b.exists(ctx, name); exists || err != nil {
		return false, err
	}
	err := b.write(ctx, name, contentType, content, storage.Conditions{DoesNotExist: true})
	if errors.Is(err, ErrPrecondition) {
		return false, nil
	}
	if hasStatus(err, http.StatusForbidden) { // another writer may have been faster
		if exists, _ := b.exists(ctx, name); exists {
			return false, nil
		}
	}
	return err == nil, err
}

func (b *Bucket) exists(ctx context.Context, name string) (bool, error) {
	_, err := b.Attrs(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// hasStatus reports whether Cloud Storage answered with an HTTP status.
func hasStatus(err error, status int) bool {
	apiErr, ok := errors.AsType[*googleapi.Error](err)
	return ok && apiErr.Code == status
}

// ReadJSON decodes an object into v and returns its generation, 0 where there is no such object. With an error the
// generation is that of an object that is not valid JSON, 0 where it could not be read.
func (b *Bucket) ReadJSON(ctx context.Context, name string, v any) (int64, error) {
	content, o, err := b.Read(ctx, name, maxDocument)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return o.Generation, err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return o.Generation, fmt.Errorf("gs://%s/%s is not valid JSON: %w", b.Name, name, err)
	}
	return o.Generation, nil
}

// Read returns the content of an object. The error is [fs.ErrNotExist] where there is no such object, and a
// faults.Invalid where it has more than limit bytes.
func (b *Bucket) Read(ctx context.Context, name string, limit int64) ([]byte, Object, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	r, err := b.handle.Object(name).NewReader(ctx)
	if err != nil {
		return nil, Object{}, b.lookupError("reading", name, err)
	}
	defer r.Close()
	o := Object{Name: name, Generation: r.Attrs.Generation, Size: r.Attrs.Size}
	if o.Size > limit {
		return nil, o, faults.New(faults.Invalid, "Look at the object: this program does not write objects of this size.",
			"gs://%s/%s has %d bytes, which is over the limit of %d", b.Name, name, o.Size, limit)
	}
	content, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nil, Object{}, b.lookupError("reading", name, err)
	}
	return content, o, nil
}

// ReadRange returns the bytes of one generation of an object from offset on, at most length of them. The error is
// [fs.ErrNotExist] where the generation does not exist any more.
func (b *Bucket) ReadRange(ctx context.Context, o Object, offset, length int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	// Compressed: an object that is stored with a content encoding has no ranges of its unpacked content.
	r, err := b.handle.Object(o.Name).Generation(o.Generation).ReadCompressed(true).NewRangeReader(ctx, offset, length)
	if err != nil {
		return nil, b.lookupError("reading", o.Name, err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, b.lookupError("reading", o.Name, err)
	}
	return content, nil
}

// Attrs returns an object without its content. The error is [fs.ErrNotExist] where there is no such object.
func (b *Bucket) Attrs(ctx context.Context, name string) (Object, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	a, err := b.handle.Object(name).Attrs(ctx)
	if err != nil {
		return Object{}, b.lookupError("looking up", name, err)
	}
	return objectOf(a), nil
}

func (b *Bucket) lookupError(doing, name string, err error) error {
	if errors.Is(err, storage.ErrObjectNotExist) {
		return fmt.Errorf("gs://%s/%s: %w", b.Name, name, fs.ErrNotExist)
	}
	return fmt.Errorf("%s gs://%s/%s: %w", doing, b.Name, name, err)
}

// Delete removes an object. A missing object is not an error.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if err := b.handle.Object(name).Delete(ctx); err != nil && !errors.Is(err, storage.ErrObjectNotExist) {
		return fmt.Errorf("deleting gs://%s/%s: %w", b.Name, name, err)
	}
	return nil
}

// DeleteGeneration removes one generation of an object. A missing or a newer generation is not an error.
func (b *Bucket) DeleteGeneration(ctx context.Context, o Object) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	err := b.handle.Object(o.Name).If(storage.Conditions{GenerationMatch: o.Generation}).Delete(ctx)
	if err != nil && !errors.Is(err, storage.ErrObjectNotExist) && !hasStatus(err, http.StatusPreconditionFailed) {
		return fmt.Errorf("deleting gs://%s/%s: %w", b.Name, o.Name, err)
	}
	return nil
}

// WriteJSON replaces a generation of an object, or creates the object where generation is 0. Where the object has
// another generation it changes nothing and returns [ErrPrecondition].
func (b *Bucket) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	content, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding gs://%s/%s: %w", b.Name, name, err)
	}
	cond := storage.Conditions{GenerationMatch: generation}
	if generation == 0 {
		cond = storage.Conditions{DoesNotExist: true}
	}
	return b.write(ctx, name, "application/json", content, cond)
}

// Upload writes an object of any size from a reader, and returns it with its new generation. It replaces an object of
// the same name. The caller's context is its only deadline.
func (b *Bucket) Upload(ctx context.Context, name, contentType string, content io.Reader) (Object, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // an error of the reader leaves no object
	w := b.handle.Object(name).NewWriter(ctx)
	w.ContentType = contentType
	w.ChunkSize = 0 // one request, without a copy in memory
	if _, err := io.Copy(w, content); err != nil {
		return Object{}, fmt.Errorf("writing gs://%s/%s: %w", b.Name, name, err)
	}
	if err := w.Close(); err != nil {
		return Object{}, fmt.Errorf("writing gs://%s/%s: %w", b.Name, name, err)
	}
	return objectOf(w.Attrs()), nil
}

func (b *Bucket) write(ctx context.Context, name, contentType string, content []byte, cond storage.Conditions) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	w := b.handle.Object(name).If(cond).NewWriter(ctx)
	w.ContentType = contentType
	w.ChunkSize = 0 // one request, because the content is in memory
	_, err := w.Write(content)
	err = errors.Join(err, w.Close())
	if hasStatus(err, http.StatusPreconditionFailed) {
		return ErrPrecondition
	}
	if err != nil {
		return fmt.Errorf("writing gs://%s/%s: %w", b.Name, name, err)
	}
	return nil
}

// List returns the objects whose names begin with prefix, sorted by name.
func (b *Bucket) List(ctx context.Context, prefix string) ([]Object, error) {
	return b.ListFrom(ctx, prefix, "")
}

// ListFrom returns the objects whose names begin with prefix and are not less than from, sorted by name.
func (b *Bucket) ListFrom(ctx context.Context, prefix, from string) ([]Object, error) {
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	query := &storage.Query{Prefix: prefix, StartOffset: from, Projection: storage.ProjectionNoACL}
	if err := query.SetAttrSelection([]string{"Name", "Generation", "Size", "Created"}); err != nil {
		return nil, err
	}
	var list []Object
	for it := b.handle.Objects(ctx, query); ; {
		a, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing gs://%s/%s: %w", b.Name, prefix, err)
		}
		list = append(list, objectOf(a))
	}
}

func objectOf(a *storage.ObjectAttrs) Object {
	return Object{Name: a.Name, Generation: a.Generation, Size: a.Size, Created: a.Created}
}
