//go:build !linux

package disktest

import "testing"

func Small(t *testing.T, _ string) string {
	t.Skip("SKIPPED: small file systems are mounted on Linux only")
	return ""
}

func ReadOnly(*testing.T, string, bool) {}
