package main

import "testing"

func TestTable(t *testing.T) {
	r := &report{}
	r.add("a program, its start", figure{mb(24_437_001), megabytes, 40}, figure{median([]float64{30, 10.04, 20.26, 40}), milliseconds, 20})
	r.add("a load", figure{0.5, seconds, 0})
	r.add("queries", figure{12, count, 12})
	r.add("a long one, not set, set", figure{1234.5, milliseconds, 0}, figure{1, seconds, 2})
	want := `| Measured on a laptop | Measured | Reach |
| --- | ---: | ---: |
| a program, its start | 24.4 MB, 25.1 ms | **missed:** under 40 MB, 20 ms |
| a load | 0.50 s |  |
| queries | 12 | **missed:** under 12 |
| a long one, not set, set | 1234 ms, 1 s | under 2 s |
`
	if got := r.table("a laptop"); got != want {
		t.Errorf("table:\n%s\nwant:\n%s", got, want)
	}
}
