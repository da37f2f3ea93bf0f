package bigqueryserver

import (
	"strings"
	"testing"
)

func TestThreeQuarters(t *testing.T) {
	for amount, want := range map[string]string{
		"18.8 GiB": "14438MiB", "1.5 TiB": "1179648MiB", "2000.0 MiB": "1500MiB",
		"800.5 MiB": "1024MiB", "512 bytes": "1024MiB", "3.0 KiB": "1024MiB",
	} {
		if got, err := threeQuarters(amount); got != want || err != nil {
			t.Errorf("threeQuarters(%q) = %q, %v, want %q", amount, got, err, want)
		}
	}
	for _, amount := range []string{"", "much", "3 PiB"} {
		if got, err := threeQuarters(amount); err == nil {
			t.Errorf("threeQuarters(%q) = %q, want an error", amount, got)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: t.TempDir() + "/x.duckdb", Project: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var limit string
	if err := s.db.QueryRowContext(t.Context(), "SELECT current_setting('memory_limit')").Scan(&limit); err != nil {
		t.Fatal(err)
	}
	if _, err := threeQuarters(limit); err != nil || strings.HasPrefix(limit, "0") {
		t.Errorf("the limit is %q: %v", limit, err)
	}
}
