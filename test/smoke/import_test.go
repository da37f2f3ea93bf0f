package smoke

import (
	"bytes"
	"fmt"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/config"
)

// importExport imports an export of all plays. It adds the plays that no ingest has seen, and closes every gap.
func (r *run) importExport() {
	var export bytes.Buffer
	_, err := fakespotify.WriteExport(&export, r.listening.plays, fakespotify.ExportOptions{Plain: true})
	r.must(err)
	r.must(r.functions.Import(r.ctx, listener, "my_spotify_data.zip", &export))
	r.must(r.functions.Deliver(r.ctx))

	all, served := len(r.listening.plays), len(r.plays)
	r.same("listens after the import", []string{fmt.Sprint("both | ", served), fmt.Sprint("export | ", all-served)},
		r.query("SELECT told_by, COUNT(*) FROM %[1]s.listens GROUP BY told_by ORDER BY told_by"))
	status := r.document("").Status
	if len(status.Gaps) != 0 || len(status.ClosedGaps) != len(r.gaps) || len(status.Imports) != 1 {
		r.Fatalf("after the import the document has the status %+v", status)
	}
	if i := status.Imports[0]; len(i.Files) != 1 || i.Rows != int64(all) || i.Loaded != i.Rows || i.Files[0].Plays != i.Rows {
		r.Errorf("the account of an import of %d plays is %+v", all, i)
	}
	view := r.view(dashboard.New(config.Dashboard{Listeners: r.Listeners}, r.functions.Documents, time.Now), "all")
	r.same("the plays on the page after the import", int64(all), view.Totals.Plays)
	left, err := r.functions.Uploads.List(r.ctx, "")
	r.must(err)
	r.same("the uploads that are left after the import", 0, len(left))
	r.Logf("an export of %d plays is imported", all)
}
