package property

import "cmp"

// largest is the larger of two values; null is less than any.
func largest[T cmp.Ordered](a, b *T) *T {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// either is the larger of two truths: true, false, null.
func either(a, b *bool) *bool {
	if a == nil || b != nil && *b {
		return b
	}
	return a
}
