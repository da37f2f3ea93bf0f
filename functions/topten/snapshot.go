package topten

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// export writes a listener's snapshot. The folder of each attempt is named by the time and the attempt, so
// that a later one is greater, and none is written twice.
func (r *Refresher) export(ctx context.Context, listener settings.Listener, asOf time.Time, public bool) (insights.Snapshot, error) {
	snapshot := insights.Snapshot{AsOf: asOf}
	prefix := insights.SnapshotPrefix(listener.ID)
	if public {
		prefix = insights.PublicPrefix + prefix
	}
	e := warehouse.Export{
		Listener: listener.ID, TimeZone: listener.TimeZone, Public: public,
		Prefix: func(attempt string) string {
			return fmt.Sprintf("gs://%s/%s%s-%s/", r.Bucket, prefix, asOf.UTC().Format(attemptLayout), attempt)
		},
	}
	var err error
	if snapshot.Listens, err = r.files(ctx, e, r.Warehouse.ExportListens); err != nil {
		return snapshot, err
	}
	snapshot.Tracks, err = r.files(ctx, e, r.Warehouse.ExportTracks)
	return snapshot, err
}

// attemptLayout begins the names of snapshots: in the order of names they are in the order of time.
const attemptLayout = "20060102T150405.000000Z"

// files runs an export and lists what it has written.
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
		return insights.Files{}, fmt.Errorf("the export to %s has left no file", uri)
	}
	files := insights.Files{Rows: rows}
	for _, o := range list {
		files.Names = append(files.Names, o.Name)
	}
	return files, nil
}

// publishPublic writes what anybody may see of a public listener, and deletes that of another.
func (r *Refresher) publishPublic(ctx context.Context, s state, asOf time.Time) error {
	name := insights.PublicPrefix + insights.DocumentName(s.listener.ID)
	prefix := insights.PublicPrefix + insights.SnapshotPrefix(s.listener.ID)
	if !s.listener.Public {
		return errors.Join(r.Objects.Delete(ctx, name), r.deleteOthers(ctx, prefix, nil))
	}
	var before insights.Document
	generation, err := r.Objects.ReadJSON(ctx, name, &before)
	if err != nil && generation == 0 {
		return err
	}
	snapshot, err := r.export(ctx, s.listener, asOf, true)
	if err != nil {
		return err
	}
	document := &insights.Document{Listener: s.listener.ID, AsOf: asOf, Public: true, Snapshot: snapshot, Previous: previous(before)}
	if err := r.Objects.WriteJSON(ctx, name, document, generation); err != nil {
		return err
	}
	return r.deleteOthers(ctx, prefix, document)
}

// deleteOthers deletes the snapshots that a document does not name, except those that another run may be
// writing: they are newer than the document's snapshot before. Without a document all are deleted.
func (r *Refresher) deleteOthers(ctx context.Context, prefix string, document *insights.Document) error {
	list, err := r.Objects.List(ctx, prefix)
	if err != nil {
		return err
	}
	named, oldest := map[string]bool{}, "~" // after every name
	if document != nil {
		oldest = ""
		if document.Previous != nil {
			oldest = attemptOf(prefix, document.Previous.Listens.Names[0])
		}
		for _, snapshot := range []*insights.Snapshot{&document.Snapshot, document.Previous} {
			if snapshot != nil {
				for _, file := range append(append([]string{}, snapshot.Listens.Names...), snapshot.Tracks.Names...) {
					named[file] = true
				}
			}
		}
	}
	for _, o := range list {
		if !named[o.Name] && attemptOf(prefix, o.Name) < oldest {
			if err := r.Objects.Delete(ctx, o.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// attemptOf is the folder of a snapshot's file.
func attemptOf(prefix, file string) string {
	return path.Dir(strings.TrimPrefix(file, prefix))
}
