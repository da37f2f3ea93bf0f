package smoke

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// query sends a statement of the test's own. %[1]s is the name of the dataset.
func (r *run) query(format string) []string {
	r.Helper()
	return machinetest.Query(r, r.All, fmt.Sprintf(format, r.Dataset))
}

func (r *run) same(what string, want, got any) {
	r.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// checkLoads compares the receipts of pages, each loaded once, with Spotify's answers.
func (r *run) checkLoads(pages int) {
	r.Helper()
	read, rejected := pages*lake.PageSize, 1
	r.same("loads", []string{fmt.Sprintf("%d | %d | %d | %d | 0 | 0", pages, read, read-rejected, rejected)},
		r.query(`SELECT COUNT(*), SUM(rows_read), SUM(plays), SUM(rejected), SUM(not_music), COUNT(error) FROM %[1]s.loads WHERE kind = 'api'`))
	r.same("load_counts", []string{fmt.Sprintf("%d | %d", len(r.plays), read-rejected-len(r.plays))},
		r.query("SELECT SUM(plays), SUM(duplicates) FROM %[1]s.load_counts"))
}

// checkListens compares the listens with the plays: each play is one listen.
func (r *run) checkListens() {
	r.Helper()
	var want []string
	for _, p := range r.plays {
		want = append(want, fmt.Sprintf("%s | %s | %s | %d | api | false", moment(p.PlayedAt), p.Track.ID, p.Track.Name, p.Track.DurationMS))
	}
	r.same("listens", want, r.query(`SELECT l.played_at, l.track_id, t.track_name, t.duration_ms, l.told_by, l.ms_measured
		FROM %[1]s.listens AS l LEFT JOIN %[1]s.tracks AS t ON t.track_id = l.track_id ORDER BY l.played_at`))
	want = nil
	for _, g := range r.gaps {
		want = append(want, moment(g.After)+" | "+moment(g.Before))
	}
	r.same("gaps", want, r.query("SELECT after, before FROM %[1]s.gaps ORDER BY after"))
}

// checkFigures compares the ranking and the page with figures of the plays.
func (r *run) checkFigures() {
	r.Helper()
	d := r.document("")
	r.same("the public document", d.Snapshot.Listens.Rows, r.document(insights.PublicPrefix).Snapshot.Listens.Rows)
	zone := r.Listeners[listener].Zone
	c := config.Dashboard{Listeners: r.Listeners}
	private := dashboard.New(c, r.functions.Documents, time.Now)
	c.Audience = "public"
	public := dashboard.New(c, r.functions.Documents, time.Now)
	var table []string
	for _, name := range periods(r.plays, zone) {
		counts := rankedTracks(r.plays, period(name, d.AsOf, zone))
		want := topTen(counts, r.fake)
		for _, line := range want {
			table = append(table, name+" | "+line)
		}
		view := r.view(private, name)
		r.same("the totals of "+name, totals(counts), totalsOf(view))
		r.same("the top ten of "+name, want, shown(view.TopTracks))
		r.same("the gaps that are shown", r.gaps, view.Status.Gaps)
		if view.Status.Rejected != 1 || len(view.Status.Problems) != 1 || !strings.Contains(view.Status.Problems[0], "There are 3 times in which more than 50 plays may have come") {
			r.Errorf("the page shows %d rejected plays and the problems %q", view.Status.Rejected, view.Status.Problems)
		}
		if !windowed(name) { // a public page has whole days
			r.same("the totals of "+name+" on the public page", totals(counts), totalsOf(r.view(public, name)))
		}
		tracks, known := 0, 0
		for _, c := range rankedTracks(r.plays, nil) {
			tracks++
			if _, ok := r.fake.FeaturesOf(c.Track.ID); ok {
				known++
			}
		}
		if c := view.Status.Coverage; c.Tracks != int64(tracks) || c.WithFeatures != int64(known) || c.Unasked != 0 || known == 0 || known == tracks {
			r.Errorf("the coverage is %+v, and ReccoBeats has %d of %d tracks", c, known, tracks)
		}
	}
	r.same("the table top_ten", table, r.query(`SELECT period, rank, track_id, track_name, artists, times_played, CAST(ROUND(minutes_played * 60000) AS INT64), last_played_at,
		danceability, energy, valence FROM %[1]s.top_ten ORDER BY period, rank`))
}

// document reads a document of topten.
func (r *run) document(prefix string) (d insights.Document) {
	r.Helper()
	_, err := r.functions.Documents.ReadJSON(r.ctx, prefix+insights.DocumentName(listener), &d)
	r.must(err)
	return d
}

func (r *run) view(viewer *dashboard.Viewer, period string) *pages.Overview {
	r.Helper()
	view, err := viewer.Overview(r.ctx, url.Values{"listener": {listener}, "period": {period}})
	r.must(err)
	return view
}

// checkFeatures compares the table and the view of audio features with those of ReccoBeats.
func (r *run) checkFeatures() {
	var rows, history []string
	for _, c := range rankedTracks(r.plays, nil) {
		_, known := r.fake.FeaturesOf(c.Track.ID)
		rows = append(rows, fmt.Sprintf("%s | %t | reccobeats", c.Track.ID, known))
	}
	slices.Sort(rows)
	r.same("audio_features", rows, r.query("SELECT track_id, found, provider FROM %[1]s.audio_features ORDER BY track_id"))
	for _, p := range r.plays {
		seconds := p.Track.DurationMS / 1000
		history = append(history, fmt.Sprintf("%s-%s-%d | %d:%02d | %s", listener, p.Track.ID, p.PlayedAt.UnixMilli(), seconds/60, seconds%60,
			values(r.fake, p.Track.ID, "danceability", "key", "loudness", "tempo", "time_signature")))
	}
	r.same("listening_history", history, r.query("SELECT unique_id, track_duration, danceability, key, loudness, tempo, time_signature FROM %[1]s.listening_history ORDER BY played_at"))
}

// contents are the rows that do not depend on how often an object was loaded.
func (r *run) contents() (lines []string) {
	return slices.Concat(
		r.query("SELECT * FROM %[1]s.listens ORDER BY played_at"),
		r.query("SELECT * FROM %[1]s.tracks ORDER BY track_id"),
		r.query("SELECT * FROM %[1]s.features ORDER BY track_id"),
		r.query("SELECT DISTINCT played_at, object, row_index, reject_reason FROM %[1]s.plays ORDER BY object, row_index"),
		r.query("SELECT DISTINCT object, kind, row_version, rows_read, plays, rejected, not_music, oldest, newest, fetched_at, full_page, error FROM %[1]s.loads ORDER BY object"))
}

// checkStatements lists the jobs: every statement was sent. It logs what they were billed.
func (r *run) checkStatements() {
	missing := warehouse.Statements()
	var billed int64
	jobs := 0
	it := r.bigquery.Jobs(r.ctx)
	for it.MinCreationTime = r.began.Add(-time.Minute); ; { // clocks differ
		job, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		r.must(err)
		config, err := job.Config()
		r.must(err)
		query, ok := config.(*bigquery.QueryConfig)
		if !ok || !strings.Contains(query.Q, r.Dataset) {
			continue
		}
		jobs++
		if details, ok := job.LastStatus().Statistics.Details.(*bigquery.QueryStatistics); ok {
			billed += details.TotalBytesBilled
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == query.Labels["statement"] })
	}
	if len(missing) > 0 {
		r.Errorf("%d statements were not sent: %s", len(missing), strings.Join(missing, ", "))
	}
	r.Logf("BigQuery bills %d MB, of a month's free TiB, for %d queries", billed>>20, jobs)
}
