package handler

import "sync"

// Once makes a value at its first use, so that a function's package can be imported without credentials, network
// and environment. After a failure the next call makes the value again, unlike with [sync.OnceValues].
type Once[T any] struct {
	mu   sync.Mutex
	made bool
	v    T
	make func() (T, error)
}

// NewOnce returns a Once that makes its value with make.
func NewOnce[T any](make func() (T, error)) *Once[T] { return &Once[T]{make: make} }

// Get returns the value.
func (o *Once[T]) Get() (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.made {
		return o.v, nil
	}
	v, err := o.make()
	if err != nil {
		return v, err
	}
	o.v, o.made = v, true
	return v, nil
}
