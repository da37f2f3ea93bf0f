package bigqueryserver_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
)

// playColumns are those of a staging table of plays.
var playColumns = []string{
	"listener STRING REQUIRED", "played_at TIMESTAMP REQUIRED", "track_id STRING REQUIRED", "track_name STRING", "artists STRING",
	"artist_name STRING", "album STRING", "isrc STRING", "duration_ms INT64", "ms_played INT64", "spotify_url STRING", "image_url STRING",
	"context_uri STRING", "source STRING REQUIRED", "reason_start STRING", "reason_end STRING", "shuffle BOOL", "skipped BOOL",
	"offline BOOL", "incognito BOOL", "ingested_at TIMESTAMP", "object STRING REQUIRED", "file STRING", "index INT64", "reject_reason STRING",
	"raw STRING",
}

// plays writes n rows of such a table, with a raw of about 2.5 KB each.
func plays(random *rand.Rand, n, first int) string {
	var b strings.Builder
	for i := range n {
		id := first + i
		var raw strings.Builder
		raw.WriteString(`{\"track\":{\"album\":{\"images\":[`)
		for raw.Len() < 2500 {
			fmt.Fprintf(&raw, `{\"url\":\"https://i.scdn.co/image/%016x%016x\",\"height\":%d},`, random.Uint64(), random.Uint64(), random.IntN(640))
		}
		raw.WriteString(`]},\"name\":\"Señorita\"}}`)
		fmt.Fprintf(&b, `{"listener":"me","played_at":"20%02d-%02d-%02dT%02d:%02d:%02d.%03dZ","track_id":"%022x","track_name":"Track number %d","artists":"Someone, Someone Else","artist_name":"Someone","album":"Album %d","isrc":"USAT2%07d","duration_ms":%d,"ms_played":%d,"spotify_url":"https://open.spotify.com/track/%022x","image_url":"https://i.scdn.co/image/%016x","context_uri":null,"source":"export","reason_start":"trackdone","reason_end":"trackdone","shuffle":false,"skipped":%t,"offline":false,"incognito":false,"ingested_at":"2026-01-02T03:04:05Z","object":"plays/source=export/listener=me/abc/1/file-0-1000.ndjson.gz","file":"Streaming_History_Audio_2016_1.json","index":%d,"raw":"%s"}`+"\n",
			16+id%10, 1+id%12, 1+id%28, id%24, id%60, id/60%60, id%1000, random.IntN(5000), id, id%700, id, 180000+id%1000, random.IntN(200000),
			random.IntN(5000), random.Uint64(), id%7 == 0, id, raw.String())
	}
	return b.String()
}

// BenchmarkLoad loads 100,000 plays into a new staging table.
func BenchmarkLoad(b *testing.B) {
	const rows = 100_000
	for _, objects := range []int{1, 5000} {
		b.Run(fmt.Sprintf("objects=%d", objects), func(b *testing.B) {
			f := start(b)
			random := rand.New(rand.NewPCG(1, 2))
			names := make([]string, objects)
			size := 0
			for i := range names {
				names[i] = fmt.Sprintf("%d.ndjson.gz", i)
				data := gz(b, plays(random, rows/objects, i*rows/objects))
				f.bucket["lake/"+names[i]] = data
				size += len(data)
			}
			b.SetBytes(int64(size))
			n := 0
			for b.Loop() {
				n++
				table := fmt.Sprintf("staging_%d", n)
				status, err := f.load(table, func(l *bigquery.Loader) {
					l.Src.(*bigquery.GCSReference).Schema = schema(playColumns...)
				}, names...)
				if err != nil {
					b.Fatal(err)
				}
				if got := status.Statistics.Details.(*bigquery.LoadStatistics).OutputRows; got != rows {
					b.Fatalf("%d rows", got)
				}
				b.StopTimer()
				if err := f.client.Dataset("d").Table(table).Delete(f.ctx); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkRoundTrip is what one hourly page costs: a load of 50 rows into a new
// staging table, a MERGE into a table of 200,000, a count, and the staging table dropped.
func BenchmarkRoundTrip(b *testing.B) {
	f := start(b)
	random := rand.New(rand.NewPCG(1, 2))
	f.create("plays", playColumns[:len(playColumns)-1]...)
	var names []string
	for _, c := range playColumns[:len(playColumns)-1] {
		names = append(names, strings.Fields(c)[0])
	}
	columns := strings.Join(names, ", ")
	f.create("digits", "n INT64")
	f.mustRun("INSERT INTO d.digits (n) SELECT a * 1000 + b FROM UNNEST(@xs) AS a, UNNEST(@xs) AS b WHERE a < 200", param("xs", numbers(1000)))
	f.mustRun(`INSERT INTO d.plays (listener, played_at, track_id, source, object)
		SELECT 'me', TIMESTAMP_SECONDS(1500000000 + n * 200), CONCAT('track-', CAST(n AS STRING)), 'api', 'o' FROM d.digits`)
	merge := `MERGE INTO d.plays AS t USING (
		SELECT * FROM d.%[1]s WHERE reject_reason IS NULL
		QUALIFY ROW_NUMBER() OVER (PARTITION BY listener, source, played_at, track_id ORDER BY ms_played DESC, object) = 1
	) AS s ON t.listener = s.listener AND t.source = s.source AND t.played_at = s.played_at AND t.track_id = s.track_id
	AND t.played_at BETWEEN @from AND @to
	WHEN MATCHED AND s.ms_played > t.ms_played THEN UPDATE SET ms_played = s.ms_played, object = s.object
	WHEN NOT MATCHED THEN INSERT (` + columns + `) VALUES (s.` + strings.Join(names, ", s.") + `)`
	from, to := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	n := 0
	took := map[string]time.Duration{}
	clock := func(what string, fn func()) {
		start := time.Now()
		fn()
		took[what] += time.Since(start)
	}
	for b.Loop() {
		n++
		name := fmt.Sprintf("staging_%d", n)
		b.StopTimer()
		f.bucket["lake/"+name] = gz(b, plays(random, 50, n*50))
		b.StartTimer()
		clock("load", func() {
			if _, err := f.load(name, with(schema(playColumns...)), name); err != nil {
				b.Fatal(err)
			}
		})
		clock("merge", func() { f.mustRun(fmt.Sprintf(merge, name), param("from", from), param("to", to)) })
		clock("count", func() {
			if _, err := f.read("SELECT object, COUNT(*) FROM d.plays WHERE object IN UNNEST(@o) GROUP BY object", param("o", []string{"o", "p"})); err != nil {
				b.Fatal(err)
			}
		})
		clock("drop", func() {
			if err := f.client.Dataset("d").Table(name).Delete(f.ctx); err != nil {
				b.Fatal(err)
			}
		})
	}
	for what, d := range took {
		b.ReportMetric(float64(d.Microseconds())/float64(n)/1000, what+"-ms/op")
	}
}

func numbers(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i)
	}
	return out
}
