package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// pages is how many listeners' pages are looked at: each reads a snapshot.
const pages = 20

// check returns an error unless each play that happened was reported by Spotify, is exactly one listen, and is counted by
// its listener's document and page, and the daily run of reconcile finds nothing that the runs before have left.
func (d *day) check(ctx context.Context) error {
	var errs []error
	lost := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	loaded := d.report.Loaded
	if err := d.reconcile(ctx, ""); err != nil { // it also makes the documents of listeners without a play
		return err
	}
	if d.report.Loaded != loaded || loaded != d.report.Objects {
		lost("of %d objects %d were loaded, and the daily run loaded %d more", d.report.Objects, loaded, d.report.Loaded-loaded)
	}
	listens, err := d.listens(ctx)
	if err != nil {
		return err
	}
	documents, err := bucket.Open(ctx, d.Config.InsightsBucket)
	if err != nil {
		return err
	}
	for n := range d.report.Listeners {
		l := id(n)
		served := d.spotify.Served(l)
		for _, p := range d.plays[l] {
			if !served[p.Key()] {
				lost("%s: the play at %s was never asked for", l, p.PlayedAt)
			}
			if listens[l][p.Key()] != 1 {
				lost("%s: the play at %s is %d listens", l, p.PlayedAt, listens[l][p.Key()])
			}
		}
		plays := int64(len(d.plays[l]))
		d.report.Plays += int(plays)
		if len(listens[l]) != int(plays) {
			lost("%s: there are %d listens of %d plays", l, len(listens[l]), plays)
		}
		var document insights.Document
		if _, err := documents.ReadJSON(ctx, insights.DocumentName(l), &document); err != nil || document.Loaded == nil {
			lost("%s: the document: %v", l, err)
		} else if document.Loaded.Listens != plays || document.Snapshot.Listens.Rows != plays {
			lost("%s: the document counts %d listens and %d rows of the snapshot, of %d plays", l, document.Loaded.Listens, document.Snapshot.Listens.Rows, plays)
		}
		if n < pages {
			if got, err := d.page(ctx, l); err != nil || got != plays {
				lost("%s: the page counts %d of %d plays: %v", l, got, plays, err)
			}
		}
	}
	if len(errs) > 10 {
		errs = append(errs[:10], fmt.Errorf("and %d more", len(errs)-10))
	}
	return errors.Join(errs...)
}

// listens counts the rows of the table listens, by listener and play.
func (d *day) listens(ctx context.Context) (map[string]map[fakespotify.PlayKey]int, error) {
	client, err := warehouse.Client(ctx, d.Config.Warehouse)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	query := client.Query("SELECT listener, UNIX_MILLIS(played_at) AS at, track_id FROM " + d.Config.Dataset + ".listens")
	query.Labels = map[string]string{"app": "test"}
	rows, err := query.Read(ctx)
	if err != nil {
		return nil, err
	}
	listens := map[string]map[fakespotify.PlayKey]int{}
	for {
		var row []bigquery.Value
		err := rows.Next(&row)
		if errors.Is(err, iterator.Done) {
			return listens, nil
		}
		if err != nil {
			return nil, err
		}
		l := row[0].(string)
		if listens[l] == nil {
			listens[l] = map[fakespotify.PlayKey]int{}
		}
		listens[l][fakespotify.PlayKey{PlayedAt: row[1].(int64), TrackID: row[2].(string)}]++
	}
}

// page returns how many plays a listener's page counts.
func (d *day) page(ctx context.Context, l string) (plays int64, err error) {
	w := httptest.NewRecorder()
	d.serve.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/insights.json?period=all&listener="+l, nil))
	var page struct{ Totals struct{ Plays int64 } }
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
		return 0, fmt.Errorf("the page answers %d %s", w.Code, w.Body)
	}
	return page.Totals.Plays, nil
}
