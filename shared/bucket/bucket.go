// Package bucket reads and writes Cloud Storage objects, with a deadline on every call and with
// the preconditions that make a write safe to repeat.
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

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
)

// callLimit is the deadline of one call: objects here are at most a few MB.
const callLimit = time.Minute

// listLimit is the deadline of a whole list: pages of a thousand names.
const listLimit = 10 * time.Minute

// maxDocument bounds what a JSON document may hold, so that a stray object cannot fill the memory.
const maxDocument = 64 << 20

// ErrPrecondition says that the object is not, or no longer, as the writer thought.
var ErrPrecondition = errors.New("the object was written by somebody else meanwhile")

// Bucket is one bucket.
type Bucket struct {
	Name   string
	handle *storage.BucketHandle
}

// Object is the facts of an object that the pipeline uses.
type Object struct {
	Name       string
	Generation int64
	Size       int64 // bytes, as stored
}

// Open makes a client of one bucket. It makes no call.
func Open(ctx context.Context, bucket string) (*Bucket, error) {
	if _, err := config.EmulatorHost(config.StorageEmulator); err != nil { // the client reads the variable itself
		return nil, err
	}
	client, err := storage.NewClient(ctx)
	if err != nil {
		return nil, fmt.Errorf("making a Cloud Storage client: %w", err)
	}
	return &Bucket{bucket, client.Bucket(bucket)}, nil
}

// Create writes an object unless one of its name exists, and reports whether it wrote. The same
// call again is harmless. It looks before it writes: an account that may create and not delete can be
// told "forbidden" of a name that is taken, whatever the precondition.
func (b *Bucket) Create(ctx context.Context, name, contentType string, content []byte) (bool, error) {
	if taken, err := b.exists(ctx, name); taken || err != nil {
		return false, err
	}
	err := b.write(ctx, name, contentType, content, storage.Conditions{DoesNotExist: true})
	if errors.Is(err, ErrPrecondition) {
		return false, nil
	}
	if refused(err, http.StatusForbidden) { // perhaps because another writer was faster
		if taken, _ := b.exists(ctx, name); taken {
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

// refused reports whether Cloud Storage answered with an HTTP status.
func refused(err error, status int) bool {
	apiErr, ok := errors.AsType[*googleapi.Error](err)
	return ok && apiErr.Code == status
}

// ReadJSON decodes an object into v and returns its generation, 0 where there is no such object.
func (b *Bucket) ReadJSON(ctx context.Context, name string, v any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	r, err := b.handle.Object(name).NewReader(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading gs://%s/%s: %w", b.Name, name, err)
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxDocument))
	if err != nil {
		return 0, fmt.Errorf("reading gs://%s/%s: %w", b.Name, name, err)
	}
	if err := json.Unmarshal(content, v); err != nil {
		return r.Attrs.Generation, fmt.Errorf("gs://%s/%s is not the JSON it should be: %w", b.Name, name, err)
	}
	return r.Attrs.Generation, nil
}

// Read returns the content of an object of up to limit bytes. The error is [fs.ErrNotExist] where there is
// no such object.
func (b *Bucket) Read(ctx context.Context, name string, limit int64) ([]byte, Object, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	r, err := b.handle.Object(name).NewReader(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil, Object{}, fmt.Errorf("gs://%s/%s: %w", b.Name, name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, Object{}, fmt.Errorf("reading gs://%s/%s: %w", b.Name, name, err)
	}
	defer r.Close()
	attrs := Object{Name: name, Generation: r.Attrs.Generation, Size: r.Attrs.Size}
	if attrs.Size > limit {
		return nil, attrs, faults.New(faults.Invalid, "Look at the object: this program writes no such large ones.",
			"gs://%s/%s has %d bytes; at most %d are read", b.Name, name, attrs.Size, limit)
	}
	content, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nil, attrs, fmt.Errorf("reading gs://%s/%s: %w", b.Name, name, err)
	}
	return content, attrs, nil
}

// Delete removes an object, and is content where there is none.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if err := b.handle.Object(name).Delete(ctx); err != nil && !errors.Is(err, storage.ErrObjectNotExist) {
		return fmt.Errorf("deleting gs://%s/%s: %w", b.Name, name, err)
	}
	return nil
}

// WriteJSON replaces the generation of an object that was read before (0: there was none). Where
// the object is another by now it changes nothing and returns [ErrPrecondition].
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

func (b *Bucket) write(ctx context.Context, name, contentType string, content []byte, cond storage.Conditions) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	w := b.handle.Object(name).If(cond).NewWriter(ctx)
	w.ContentType = contentType
	w.ChunkSize = 0 // one request: the content is in memory anyway
	_, err := w.Write(content)
	err = errors.Join(err, w.Close())
	if refused(err, http.StatusPreconditionFailed) {
		return ErrPrecondition
	}
	if err != nil {
		return fmt.Errorf("writing gs://%s/%s: %w", b.Name, name, err)
	}
	return nil
}

// Attrs returns an object's facts; the error is [fs.ErrNotExist] where it is gone.
func (b *Bucket) Attrs(ctx context.Context, name string) (Object, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	a, err := b.handle.Object(name).Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return Object{}, fmt.Errorf("gs://%s/%s: %w", b.Name, name, fs.ErrNotExist)
	}
	if err != nil {
		return Object{}, fmt.Errorf("looking up gs://%s/%s: %w", b.Name, name, err)
	}
	return attrsOf(a), nil
}

// List returns every object whose name begins with prefix, by name.
func (b *Bucket) List(ctx context.Context, prefix string) ([]Object, error) {
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	query := &storage.Query{Prefix: prefix, Projection: storage.ProjectionNoACL}
	if err := query.SetAttrSelection([]string{"Name", "Generation", "Size"}); err != nil {
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
		list = append(list, attrsOf(a))
	}
}

func attrsOf(a *storage.ObjectAttrs) Object {
	return Object{Name: a.Name, Generation: a.Generation, Size: a.Size}
}
