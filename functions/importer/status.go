package importer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

const (
	// statusPause is the time between two writes of the progress. Cloud Storage accepts one write of an object a second.
	statusPause = 2 * time.Second
	// statusLimit is the deadline of writing the status. It begins when the status is written, also where the run has
	// used up its own time.
	statusLimit = 10 * time.Second
)

// run is the import of one upload. Its methods are called by one goroutine.
type run struct {
	*Importer
	upload   bucket.Object
	listener string // "" where the upload's name has none
	refused  error  // why the upload's name is not valid
	status   insights.ImportStatus

	span    span // of all plays
	written int  // objects
}

func (i *Importer) newRun(upload bucket.Object) *run {
	upload.Created = upload.Created.UTC().Truncate(time.Microsecond) // BigQuery's precision
	r := &run{Importer: i, upload: upload}
	var name string
	r.listener, name, r.refused = i.parseUpload(upload.Name)
	now := i.Now().UTC()
	r.status = insights.ImportStatus{
		Listener: r.listener, Upload: upload.Name, Generation: upload.Generation, Name: name,
		StartedAt: now, Outcome: insights.Running, Files: []lake.ManifestFile{},
	}
	return r
}

// progress writes the status, unless it was written a moment ago. An error is of no importance.
func (r *run) progress(ctx context.Context) {
	if r.Now().Sub(r.status.UpdatedAt) < statusPause {
		return
	}
	if err := r.writeStatus(ctx); err != nil {
		slog.WarnContext(ctx, "the progress cannot be written", "listener", r.listener, "error", err.Error())
	}
}

// fail writes the status of an import that failed.
func (r *run) fail(ctx context.Context, err error) error {
	r.status.Outcome, r.status.Error, r.status.Action = insights.Failed, err.Error(), faults.Action(err)
	return r.writeStatus(ctx)
}

// writeStatus replaces the status, unless it is the result of another run of the same upload, which may be repeated while
// it runs: the result stays then.
func (r *run) writeStatus(ctx context.Context) error {
	if r.listener == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusLimit)
	defer cancel()
	r.status.UpdatedAt = r.Now().UTC()
	name := insights.ImportStatusName(r.listener)
	for attempt := 0; ; attempt++ {
		var before insights.ImportStatus
		generation, err := r.Insights.ReadJSON(ctx, name, &before)
		if err != nil && generation == 0 { // a status that is not JSON is replaced
			return fmt.Errorf("writing the status of the import: %w", err)
		}
		if before.Upload == r.upload.Name && before.Generation == r.upload.Generation && before.Outcome != insights.Running && r.status.Outcome == insights.Running {
			return nil
		}
		err = r.Insights.WriteJSON(ctx, name, r.status, generation)
		if errors.Is(err, bucket.ErrPrecondition) && attempt < 3 {
			continue // it was written, but the answer was lost, or another run has written its own
		}
		return err
	}
}
