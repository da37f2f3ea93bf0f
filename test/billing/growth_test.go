package billing

import (
	"flag"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// soak makes the histories as long as it is promised that they may get.
var soak = flag.Bool("soak", false, "reckon histories of 500,000 and 10,000,000 plays")

// growth is by how much a statement of the hour may be billed more for the longer history, where it may at
// all. All others have to be flat, but for a month that holds more plays.
var growth = map[string]float64{
	// It reads what is known of every track there is, and the sums of the past, which are a row for each track and
	// year. One table of the latest names of tracks, kept by load, and the past summed up over the years before last
	// would make it flat, at the price of another table to keep.
	"ranking": 12,
	// It reads the object of every track's row. Partitions by when they were fetched would make it flat.
	"inserted_features": 2.5,
}

// flat is the growth of what reads one or two months of a few columns, up to a month's end.
const flat = 1.5

// An hourly run is billed the same whatever lies behind it, but for the statements that are named.
func TestGrowth(t *testing.T) {
	t.Setenv("LISTENERS", "")
	sizes := []int{20_000, 100_000}
	if *soak {
		sizes = []int{500_000, 10_000_000}
	}
	var bills [2]Bill
	for i, plays := range sizes {
		var err error
		if bills[i], err = Hourly(t.Context(), plays); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d plays: an hour %d MB (load %d), new tracks %d MB more, a day %d MB more", plays,
			Sum(bills[i].Hour)/mebibyte, Sum(bills[i].Hour[:4])/mebibyte, Sum(bills[i].NewTracks)/mebibyte, Sum(bills[i].Day)/mebibyte)
		for _, q := range bills[i].Hour {
			t.Logf("  %s: %d MB: %s", q.Name, q.Billed/mebibyte, q.Reads())
		}
	}
	grown := func(what string, short, long int64, most float64) {
		t.Helper()
		if float64(long) > most*float64(short) {
			t.Errorf("%s: %d MB, and %d MB for %d times the plays; it may grow %v times", what, short/mebibyte, long/mebibyte, sizes[1]/sizes[0], most)
		}
	}
	for _, part := range []struct {
		what        string
		short, long []Query
	}{{"an hour", bills[0].Hour, bills[1].Hour}, {"new tracks", bills[0].NewTracks, bills[1].NewTracks}} {
		for i, q := range part.short {
			most := growth[q.Name]
			if most == 0 {
				most = flat
			}
			grown(part.what+", "+q.Name, q.Billed, part.long[i].Billed, most)
		}
	}
	const load = 4 // the first queries of an hour
	if last := bills[0].Hour[load-1].Name; last != "merge_loads" {
		t.Fatalf("load ends with %s", last)
	}
	grown("load", Sum(bills[0].Hour[:load]), Sum(bills[1].Hour[:load]), flat)
	if *soak {
		checkReadme(t, bills[0])
	}
}

// checkReadme compares what the README says of the queries' bytes with a bill of half a million plays.
func checkReadme(t *testing.T, bill Bill) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(\d+) and (\d+) GB of the free TiB, with new plays in 12 hours of a day and new tracks in 6`).FindSubmatch(text)
	if found == nil {
		t.Fatal("the README does not say what queries are billed")
	}
	const news, tracks, others = 365, 182, 4 // hours of a month; listeners who are told of one's new tracks
	one := bill.Month(news, tracks)
	for i, want := range []int64{one, 5 * (one + tracks*others*Least)} {
		said, err := strconv.ParseFloat(string(found[i+1]), 64)
		if gb := float64(want) / 1e9; err != nil || said < 0.9*gb || said > 1.1*gb {
			t.Errorf("the README says %s GB, it is %.0f", found[i+1], gb)
		}
	}
}
