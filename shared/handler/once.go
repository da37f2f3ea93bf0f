package handler

import "sync"

// Once makes a value at its first use and keeps it: importing a function's package then needs no
// credential, no network and no environment. A failure is not kept; the next call tries again.
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
	if !o.made {
		v, err := o.make()
		if err != nil {
			return v, err
		}
		o.v, o.made = v, true
	}
	return o.v, nil
}
