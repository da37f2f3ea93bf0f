package topten

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/warehouse"
)

// end is later than every play.
var end = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// export writes a listener's snapshot: the listens before this year unless closed has them, the listens since then,
// and the tracks.
func (r *Refresher) export(ctx context.Context, listener listener.Listener, asOf time.Time, closed insights.Closed) (insights.Snapshot, insights.Closed, error) {
	snapshot := insights.Snapshot{AsOf: asOf}
	e := r.exportOf(listener, asOf, insights.SnapshotPrefix(listener.ID))
	if len(closed.Files.Names) == 0 {
		closed.Until = yearBegins(asOf)
		e.Since, e.Until = warehouse.Beginning, closed.Until
		var err error
		if closed.Files, err = r.files(ctx, e, r.Warehouse.ExportListens); err != nil {
			return snapshot, closed, err
		}
	}
	e.Since, e.Until = closed.Until, end
	recent, err := r.files(ctx, e, r.Warehouse.ExportListens)
	if err != nil {
		return snapshot, closed, err
	}
	snapshot.Listens = insights.Files{Names: slices.Concat(closed.Files.Names, recent.Names), Rows: closed.Files.Rows + recent.Rows}
	snapshot.Tracks, err = r.files(ctx, e, r.Warehouse.ExportTracks)
	return snapshot, closed, err
}

// yearBegins returns the beginning of the year in UTC.
func yearBegins(t time.Time) time.Time { return time.Date(t.UTC().Year(), 1, 1, 0, 0, 0, 0, time.UTC) }

// closedOf returns the closed part of a listener's snapshot where it can be used again: its end is the same, nothing
// before that is refreshed, and its files exist.
func closedOf(s state, p plan, asOf time.Time, existing map[string]bool) insights.Closed {
	if !s.readable || p.refresh && p.from.Before(s.document.Loaded.Closed.Until) || !s.document.Loaded.Closed.Until.Equal(yearBegins(asOf)) {
		return insights.Closed{}
	}
	for _, file := range s.document.Loaded.Closed.Files.Names {
		if !existing[file] {
			return insights.Closed{}
		}
	}
	return s.document.Loaded.Closed
}

// exportPublic writes the part of a listener's history that everybody may read.
func (r *Refresher) exportPublic(ctx context.Context, listener listener.Listener, asOf time.Time) (insights.Snapshot, error) {
	snapshot := insights.Snapshot{AsOf: asOf}
	e := r.exportOf(listener, asOf, insights.PublicPrefix+insights.SnapshotPrefix(listener.ID))
	e.Public, e.TimeZone, e.Since, e.Until = true, listener.TimeZone, warehouse.Beginning, end
	var err error
	if snapshot.Listens, err = r.files(ctx, e, r.Warehouse.ExportListens); err != nil {
		return snapshot, err
	}
	snapshot.Tracks, err = r.files(ctx, e, r.Warehouse.ExportTracks)
	return snapshot, err
}

// attemptLayout is the beginning of the names of export folders. It sorts them by time.
const attemptLayout = "20060102T150405.000000Z"

// exportOf returns an export of a listener to a folder below prefix. The folder has the time and the attempt in its
// name, so that no folder is written twice.
func (r *Refresher) exportOf(listener listener.Listener, asOf time.Time, prefix string) warehouse.Export {
	return warehouse.Export{
		Listener: listener.ID,
		Prefix: func(attempt string) string {
			return fmt.Sprintf("gs://%s/%s%s-%s/", r.Bucket, prefix, asOf.UTC().Format(attemptLayout), attempt)
		},
	}
}

// files runs an export and lists its files.
func (r *Refresher) files(ctx context.Context, e warehouse.Export,
	run func(context.Context, warehouse.Export) (prefix string, rows int64, err error)) (insights.Files, error) {
	uri, rows, err := run(ctx, e)
	if err != nil {
		return insights.Files{}, err
	}
	list, err := r.Objects.List(ctx, strings.TrimPrefix(uri, "gs://"+r.Bucket+"/"))
	if err != nil {
		return insights.Files{}, err
	}
	if len(list) == 0 {
		return insights.Files{}, fmt.Errorf("the export to %s wrote no file", uri)
	}
	files := insights.Files{Rows: rows}
	for _, o := range list {
		files.Names = append(files.Names, o.Name)
	}
	return files, nil
}

// publishPublic writes the public snapshot and document of a public listener.
func (r *Refresher) publishPublic(ctx context.Context, s state, asOf time.Time) error {
	if !s.listener.Public {
		return nil
	}
	name := insights.PublicPrefix + insights.DocumentName(s.listener.ID)
	existing, err := r.Objects.List(ctx, insights.PublicPrefix+insights.SnapshotPrefix(s.listener.ID))
	if err != nil {
		return err
	}
	var before insights.Document
	generation, err := r.Objects.ReadJSON(ctx, name, &before)
	if err != nil && generation == 0 {
		return err
	}
	snapshot, err := r.exportPublic(ctx, s.listener, asOf)
	if err != nil {
		return err
	}
	document := &insights.Document{Listener: s.listener.ID, AsOf: asOf, Public: true, Snapshot: snapshot, Previous: previous(before)}
	if err := r.Objects.WriteJSON(ctx, name, document, generation); err != nil {
		return err
	}
	return r.deleteUnnamed(ctx, existing, document)
}

// retractPublic deletes the public snapshots and documents of all listeners who are not public, also of those who
// are no longer configured.
func (r *Refresher) retractPublic(ctx context.Context) error {
	list, err := r.Objects.List(ctx, insights.PublicPrefix)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b bucket.Object) int { return strings.Compare(b.Name, a.Name) }) // deletes a document after its snapshot
	for _, o := range list {
		_, rest, _ := strings.Cut(o.Name, "listener=")
		id := strings.TrimSuffix(strings.SplitN(rest, "/", 2)[0], ".json")
		if r.Listeners[id].Public {
			continue
		}
		if err := r.Objects.Delete(ctx, o.Name); err != nil {
			return err
		}
	}
	return nil
}

// deleteUnnamed deletes the existing snapshot files that a document does not name. Files that are newer than its
// previous snapshot stay: another run may be writing them.
func (r *Refresher) deleteUnnamed(ctx context.Context, existing []bucket.Object, document *insights.Document) error {
	if document.Previous == nil {
		return nil
	}
	named := map[string]bool{}
	for _, snapshot := range []*insights.Snapshot{&document.Snapshot, document.Previous} {
		for _, file := range slices.Concat(snapshot.Listens.Names, snapshot.Tracks.Names) {
			named[file] = true
		}
	}
	oldest := document.Previous.AsOf.UTC().Format(attemptLayout)
	for _, o := range existing {
		if folder := path.Base(path.Dir(o.Name)); !named[o.Name] && folder < oldest {
			if err := r.Objects.Delete(ctx, o.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
