// Package historytest makes snapshots, and buckets that contain them, for tests and benchmarks.
package historytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"spotify-insights.internal/shared/bucket"
)

// Bucket is an insights bucket in memory. It counts the calls by method and name.
type Bucket struct {
	// Before is called before each call with its method and the object's name. Its error is the call's.
	Before func(ctx context.Context, method, name string) error

	mu      sync.Mutex
	objects map[string]object
	last    int64 // generation of the object written last
	calls   map[string]int
}

type object struct {
	content    []byte
	generation int64
}

// NewBucket returns an empty bucket.
func NewBucket() *Bucket { return &Bucket{objects: map[string]object{}, calls: map[string]int{}} }

// Put writes an object.
func (b *Bucket) Put(name string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	b.objects[name] = object{content, b.last}
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
}

// Calls returns how often a method (ReadJSON, Read, Attrs) was called with a name.
func (b *Bucket) Calls(method, name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[method+" "+name]
}

func (b *Bucket) call(ctx context.Context, method, name string) (object, error) {
	if b.Before != nil {
		if err := b.Before(ctx, method, name); err != nil {
			return object{}, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[method+" "+name]++
	o, ok := b.objects[name]
	if !ok && ctx.Err() == nil {
		return o, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return o, ctx.Err()
}

// ReadJSON decodes an object and returns its generation, 0 where there is none.
func (b *Bucket) ReadJSON(ctx context.Context, name string, v any) (int64, error) {
	o, err := b.call(ctx, "ReadJSON", name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return o.generation, json.Unmarshal(o.content, v)
}

// Read returns a copy of an object, because a read from Cloud Storage takes memory too.
func (b *Bucket) Read(ctx context.Context, name string, _ int64) ([]byte, bucket.Object, error) {
	o, err := b.call(ctx, "Read", name)
	return slices.Clone(o.content), o.attrs(name), err
}

// Attrs returns an object's attributes.
func (b *Bucket) Attrs(ctx context.Context, name string) (bucket.Object, error) {
	o, err := b.call(ctx, "Attrs", name)
	return o.attrs(name), err
}

func (o object) attrs(name string) bucket.Object {
	return bucket.Object{Name: name, Generation: o.generation, Size: int64(len(o.content))}
}
