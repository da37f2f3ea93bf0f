package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/bucket"
)

// target is where an export is imported.
type target struct {
	uploads, insights *bucket.Bucket
	poll              time.Duration // how often the status is read
	lost              func() error  // why the target is not there any more, nil where it is
	stop              func() error

	// Sentences for the person who imports.
	see     string // where the plays are shown
	look    string // where to look if the import does not go on
	stopped string // what becomes of an import after Ctrl-C
}

// openTarget finds where an export is imported: in the project of GOOGLE_CLOUD_PROJECT, by the server that runs on the
// same data, or by a cloud that it starts. The demo's export always goes to the demo's data, and no other one does.
func openTarget(ctx context.Context, dir, listenerID string, demo bool) (*target, error) {
	project := os.Getenv("GOOGLE_CLOUD_PROJECT") // before the embedded cloud sets its own
	if project != "" {
		if demo {
			return nil, errors.New("this is the export of the demo's invented listener, which belongs to no project. Import it without PROJECT")
		}
		return openProject(ctx, project, listenerID)
	}
	listeners, err := machine.ReadListeners()
	if err != nil {
		return nil, err
	}
	if _, err := listeners.Find(listenerID); err != nil {
		return nil, err
	}
	data := dir
	if demo {
		data = demoFolder(dir)
	}
	t := &target{
		poll:    100 * time.Millisecond,
		look:    "Look at the output of the server",
		stopped: "The same command continues the import.",
		see:     "See your plays: make run",
		lost:    func() error { return nil },
	}
	m, err := machine.StartOrJoin(ctx, data)
	if err != nil {
		return nil, err
	}
	t.stop = m.Stop
	if m == nil {
		err = t.join(data)
	} else {
		err = t.start(ctx, m)
	}
	if err == nil {
		err = t.open(ctx, embedded.UploadsBucket, embedded.InsightsBucket)
	}
	if err != nil {
		return nil, errors.Join(err, t.stop())
	}
	t.explain(dir, listenerID, demo, m == nil)
	return t, nil
}

// start starts the functions on a machine.
func (t *target) start(ctx context.Context, m *machine.Machine) error {
	p := newPipeline(ctx, m)
	t.look = "Look at the messages above"
	t.stop = func() error {
		p.stop()
		return m.Stop()
	}
	p.deliver()
	p.reconcile()
	return ctx.Err()
}

// join hands the import over to the server that runs on the data.
func (t *target) join(data string) error {
	server, err := machine.Serving(data)
	if err != nil {
		return err
	}
	t.stopped = "The server at " + server.Page + " goes on with the import. The same command shows how far it is."
	t.see = server.Page
	t.lost = func() error {
		if now, err := machine.Serving(data); err != nil || now.Page != server.Page {
			return errors.New("the server has stopped. Its next start continues the import")
		}
		return nil
	}
	return nil
}

// explain says where the plays are shown.
func (t *target) explain(dir, listenerID string, demo, joined bool) {
	query := "?listener=" + listenerID + "&period=all"
	account, err := hasAccount(dir)
	plays, unreadable := hasPlays(dir)
	switch {
	case joined:
		t.see = "See your plays at " + t.see + query
	case demo && (account || plays || errors.Join(err, unreadable) != nil):
		t.see = "The demo's plays are in " + demoFolder(dir) + ". `make run` shows your own plays; for the demo, use another DATA_DIR."
	case !demo:
		if server, err := machine.Serving(demoFolder(dir)); err == nil {
			t.see = "The server at " + server.Page + " shows the demo. Stop it and see your own plays: make run"
		}
	}
}

// openProject opens the buckets of a project that was deployed to, with the credentials of the person at this machine.
func openProject(ctx context.Context, project, listenerID string) (*target, error) {
	if err := useProject(project, listenerID); err != nil {
		return nil, err
	}
	t := &target{
		poll:    2 * time.Second,
		look:    fmt.Sprintf("Look at: make doctor PROJECT=%s, and make logs PROJECT=%s", project, project),
		stopped: "The project goes on with an export that was uploaded. The same command shows how far it is.",
		see:     fmt.Sprintf("See your plays: make open PROJECT=%s LISTENER=%s", project, listenerID),
		lost:    func() error { return nil },
		stop:    func() error { return nil },
	}
	if err := t.open(ctx, project+"-spotify-uploads", project+"-spotify-insights"); err != nil {
		return nil, fmt.Errorf("%w. Sign in with: gcloud auth application-default login", err)
	}
	return t, nil
}

func (t *target) open(ctx context.Context, uploads, insights string) (err error) {
	if t.uploads, err = bucket.Open(ctx, uploads); err != nil {
		return err
	}
	t.insights, err = bucket.Open(ctx, insights)
	return err
}
