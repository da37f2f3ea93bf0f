package importer

import (
	"archive/zip"
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// generated is a zip with n rows in files of 16,000 rows.
func generated(t testing.TB, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	const each = 16_000
	for first := 0; first < n; first += each {
		f, err := w.Create(fmt.Sprintf("Spotify Extended Streaming History/Streaming_History_Audio_%d.json", first/each))
		if err != nil {
			t.Fatal(err)
		}
		for i := first; i < min(first+each, n); i++ {
			at := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 4 * time.Minute)
			begin := ","
			if i == first {
				begin = "["
			}
			k := i * 7919 % 20011
			fmt.Fprintf(f, `%s
  {
    "ts": "%s",
    "platform": "ios",
    "ms_played": %d,
    "conn_country": "ZZ",
    "ip_addr": "203.0.113.7",
    "master_metadata_track_name": "The song with number %d",
    "master_metadata_album_artist_name": "Band %d",
    "master_metadata_album_album_name": "Album %d of the band",
    "spotify_track_uri": "spotify:track:%022d",
    "episode_name": null,
    "episode_show_name": null,
    "spotify_episode_uri": null,
    "audiobook_title": null,
    "audiobook_uri": null,
    "audiobook_chapter_uri": null,
    "audiobook_chapter_title": null,
    "reason_start": "trackdone",
    "reason_end": "trackdone",
    "shuffle": false,
    "skipped": false,
    "offline": false,
    "offline_timestamp": %d,
    "incognito_mode": false
  }`, begin, at.Format(time.RFC3339), 30000+i*37%200000, k, k/50, k/10, k, at.Unix())
		}
		fmt.Fprint(f, "\n]")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkImport(b *testing.B) {
	const rows = 500_000
	content := generated(b, rows)
	r := newRig(b)
	b.Logf("zip of %d MB", len(content)>>20)
	for b.Loop() {
		b.StopTimer()
		e := r.put(b, "listener=me/x.zip", content)
		for name := range r.objects(b) {
			r.m.Remove(b, name)
		}
		runtime.GC()
		b.StartTimer()
		if err := r.Handle(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
