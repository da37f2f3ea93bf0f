package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"spotify-insights.internal/shared/insights"
)

// listener writes the lines about a listener's job, consent, last ingest and last load.
func (d *doctor) listener(ctx context.Context, id string) error {
	token, err := d.stored(ctx, d.found.tokens[id])
	if missing(err) {
		d.wrong(id, "there is no secret "+d.found.tokens[id], d.command("deploy", "")+" restores it; after make forget add LISTENERS=... with the others")
		return nil
	}
	if err != nil {
		return err
	}
	if !d.found.queued() { // parts has the job of all
		d.job(d.found.job(id))
	}
	if token.IsZero() {
		d.wrong(id, "not connected", d.command("connect", id))
		return nil
	}
	var status insights.Status
	if known, err := d.read(ctx, id, insights.StatusName(id), &status); !known || err != nil {
		return err
	}
	d.consent(id, token, status)
	if status.TokenUnstored != "" {
		d.wrong(id, "the last refresh token cannot be stored: "+status.TokenUnstored, d.command("deploy", ""))
	}
	if status.LastRunAt.IsZero() {
		d.wrong(id, "never ingested", d.command("trigger", id))
		return nil
	}
	d.ingest(id, token, status)
	var document insights.Document
	if known, err := d.read(ctx, id, insights.DocumentName(id), &document); !known || err != nil {
		return err
	}
	d.load(id, status, document)
	return nil
}

// read reads a document of a listener, which stays empty where there is none. known is false where it is no such document, which
// is then said.
func (d *doctor) read(ctx context.Context, id, name string, document any) (known bool, err error) {
	generation, err := d.status.ReadJSON(ctx, name, document)
	if err != nil && generation != 0 {
		d.wrong(id, "a document cannot be read: "+err.Error(), d.command("logs", id))
		return false, nil
	}
	if err != nil {
		return false, d.failed("reading the documents of the functions", err)
	}
	return true, nil
}

// consent writes the age of a listener's consent. Where it is unknown, that of the token is as good a guess.
func (d *doctor) consent(id string, token time.Time, s insights.Status) {
	given, known := token, "the token was stored %d days ago; the day of consent is unknown"
	if s.AuthorizedAt != nil {
		given, known = *s.AuthorizedAt, "connected %d days ago; Spotify ends a consent after 6 months"
		if !d.now.Before(insights.ConsentEnds(given)) {
			known = "connected %d days ago; Spotify has ended the consent"
		}
	}
	how := fmt.Sprintf(known, d.hours(given)/24)
	switch {
	case !insights.EndsSoon(given, d.now):
		d.line(id, how)
	case !s.LastRunAt.IsZero() && token.After(s.LastRunAt): // connected since
		d.wrong(id, how+". A newer token is stored", d.command("trigger", id))
	default:
		d.wrong(id, how, d.command("connect", id))
	}
}

// ingest writes the result of a listener's last ingest.
func (d *doctor) ingest(id string, token time.Time, s insights.Status) {
	limit := 49 * time.Hour
	if job := d.jobs[d.found.job(id)]; job != nil && strings.HasSuffix(job.Schedule, " * * * *") { // hourly
		limit = 3 * time.Hour
	}
	last := "last ingest " + d.ago(s.LastRunAt) + ": " + s.Outcome
	switch {
	case s.Outcome == insights.Failed:
		action := s.Action
		switch {
		case token.After(s.LastRunAt): // connected since
			action = d.command("trigger", id)
		case strings.Contains(action, "onnect"):
			action = d.command("connect", id)
		case action == "":
			action = d.command("logs", id)
		}
		d.wrong(id, last+". "+s.Error, action)
	case d.now.Sub(s.LastRunAt) >= limit:
		d.wrong(id, last, d.command("logs", ""))
	default:
		d.line(id, last)
	}
}

// load writes when a listener's plays were last loaded.
func (d *doctor) load(id string, s insights.Status, document insights.Document) {
	if document.Status == nil || document.Status.LastLoadAt == nil {
		d.wrong(id, "nothing loaded yet", d.command("logs", ""))
		return
	}
	loaded := *document.Status.LastLoadAt
	last := "last load " + d.ago(loaded)
	if s.Outcome == insights.Written && s.LastRunAt.Sub(loaded) >= 2*time.Hour {
		d.wrong(id, last+", before the last ingest", "gcloud scheduler jobs run reconcile"+d.place())
		return
	}
	d.line(id, last)
}

// imported writes the result of a listener's last import.
func (d *doctor) imported(ctx context.Context, id string) error {
	var s insights.ImportStatus
	if known, err := d.read(ctx, id, insights.ImportStatusName(id), &s); !known || err != nil || s.UpdatedAt.IsZero() {
		return err
	}
	again := d.command("import", id) + " FILE=..."
	last := fmt.Sprintf("last import %s: %s, %s, %d rows", d.ago(s.UpdatedAt), s.Outcome, s.Name, s.Rows)
	unread := 0
	for _, file := range s.Files {
		if file.Error != "" {
			unread++
		}
	}
	switch {
	case s.Outcome == insights.Failed:
		if s.Action != "" {
			again = s.Action
		}
		d.wrong(id, last+". "+s.Error, again)
	case s.Outcome == insights.Running && d.hours(s.UpdatedAt) >= 3: // the platform retries for two hours
		d.wrong(id, last+", and it stopped", again)
	case unread > 0:
		d.line(id, fmt.Sprintf("%s. %d of its files could not be read to the end; the page says why", last, unread))
	default:
		d.line(id, last)
	}
	return nil
}

// shownUploads is how many uploads of a listener have a line.
const shownUploads = 10

// waiting writes a line for each upload that is not imported yet.
func (d *doctor) waiting(ctx context.Context, id string) error {
	prefix, shown := "listener="+id+"/", 0
	for o, err := range d.objects(ctx, d.found.uploads, prefix, false) {
		switch {
		case missing(err):
			d.wrong(id, "there is no bucket "+d.found.uploads, d.command("deploy", ""))
			return nil
		case err != nil:
			return d.failed("listing the uploads", err)
		case shown == shownUploads:
			d.line(id, "more uploads wait")
			return nil
		}
		shown++
		waits := fmt.Sprintf("an upload waits for %d hours: %s", d.hours(o.Created), strings.TrimPrefix(o.Name, prefix))
		if d.hours(o.Created) >= 3 {
			d.wrong(id, waits, d.command("logs", ""))
		} else {
			d.line(id, waits)
		}
	}
	return nil
}
