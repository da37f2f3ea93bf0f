// Package historytest makes snapshots, and buckets that hold them, for tests and benchmarks.
package historytest

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
)

// Bucket is an insights bucket in memory. It counts the calls by method and name.
type Bucket struct {
	// Before is called before each call with its method and the object's name. Its error is the call's.
	Before func(ctx context.Context, method, name string) error

	mu         sync.Mutex
	objects    map[string][]byte
	generation map[string]int64
	last       int64
	calls      map[string]int
}

// NewBucket returns an empty bucket.
func NewBucket() *Bucket {
	return &Bucket{objects: map[string][]byte{}, generation: map[string]int64{}, calls: map[string]int{}}
}

// Put writes an object.
func (b *Bucket) Put(name string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	b.objects[name], b.generation[name] = content, b.last
}

// PutJSON writes a JSON object.
func (b *Bucket) PutJSON(name string, v any) {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	b.Put(name, content)
}

// Delete removes an object.
func (b *Bucket) Delete(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, name)
	delete(b.generation, name)
}

// Calls returns how often a method (ReadJSON, Read, Attrs) was called with a name.
func (b *Bucket) Calls(method, name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[method+" "+name]
}

// Size returns the bytes of all objects.
func (b *Bucket) Size() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, content := range b.objects {
		n += cap(content)
	}
	return n
}

func (b *Bucket) call(ctx context.Context, method, name string) ([]byte, int64, error) {
	if b.Before != nil {
		if err := b.Before(ctx, method, name); err != nil {
			return nil, 0, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[method+" "+name]++
	return b.objects[name], b.generation[name], ctx.Err()
}

// ReadJSON decodes an object and returns its generation, 0 where there is none.
func (b *Bucket) ReadJSON(ctx context.Context, name string, v any) (int64, error) {
	content, generation, err := b.call(ctx, "ReadJSON", name)
	if err != nil || generation == 0 {
		return 0, err
	}
	return generation, json.Unmarshal(content, v)
}

// Read returns a copy of an object of at most limit bytes: reading takes the memory that it takes elsewhere.
func (b *Bucket) Read(ctx context.Context, name string, limit int64) ([]byte, bucket.Object, error) {
	content, generation, err := b.call(ctx, "Read", name)
	attrs := bucket.Object{Name: name, Generation: generation, Size: int64(len(content))}
	switch {
	case err != nil:
	case generation == 0:
		err = fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	case attrs.Size > limit:
		err = faults.New(faults.Invalid, "", "%s is too large", name)
	}
	return slices.Clone(content), attrs, err
}

// Attrs returns an object's facts.
func (b *Bucket) Attrs(ctx context.Context, name string) (bucket.Object, error) {
	content, generation, err := b.call(ctx, "Attrs", name)
	if err == nil && generation == 0 {
		err = fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return bucket.Object{Name: name, Generation: generation, Size: int64(len(content))}, err
}
