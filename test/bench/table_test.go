package main

import "testing"

func TestTable(t *testing.T) {
	r := &report{}
	r.add("a program", megabytes, mb(24_437_001), 40)
	r.add("its start", milliseconds, median([]float64{30, 10.04, 20.26, 40}), 20)
	r.add("a load", seconds, 0.5, 0)
	r.add("queries", count, 12, 12)
	r.add("a long one", milliseconds, 1234.5, 2000)
	want := `| Measured on a laptop | Measured | Reach |
| --- | ---: | ---: |
| a program | 24.4 MB | under 40 MB |
| its start | 20.3 ms | **missed:** under 20 ms |
| a load | 0.50 s |  |
| queries | 12 | **missed:** under 12 |
| a long one | 1234 ms | under 2000 ms |
`
	if got := r.table("a laptop"); got != want {
		t.Errorf("table:\n%s\nwant:\n%s", got, want)
	}
}
