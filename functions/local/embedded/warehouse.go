package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
	"spotify-insights.internal/functions/local/embedded/disk"
)

// warehouse is the embedded BigQuery with its file. The lake has everything that is in the file, so a file that cannot be
// read is moved aside, and a new one is loaded from the lake.
type warehouse struct {
	options  bigqueryserver.Options
	replaced chan struct{} // of size 1: has a value once the file was replaced by an empty one while the cloud runs

	mu      sync.Mutex
	closed  bool
	server  *bigqueryserver.Server // nil where the file could not be opened again
	handler http.Handler
}

// openWarehouse opens a file, or a new one in its place.
func openWarehouse(ctx context.Context, options bigqueryserver.Options, version string) (*warehouse, error) {
	w := &warehouse{options: options, replaced: make(chan struct{}, 1)}
	if err := dropOtherVersion(options.Path, version); err != nil {
		return nil, err
	}
	if _, err := w.open(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// open opens the file, or a new one where that cannot be read.
func (w *warehouse) open(ctx context.Context) (replaced bool, err error) {
	file := w.options.Path
	if err := checkUnused(file); err != nil {
		return false, err
	}
	err = w.try(ctx)
	if err == nil || ctx.Err() != nil || disk.Failed(err) {
		return false, err
	}
	return true, w.replace(ctx, err)
}

func (w *warehouse) try(ctx context.Context) (err error) {
	if err := checkFiles(w.options.Path); err != nil {
		return err
	}
	if w.server, err = bigqueryserver.Open(ctx, w.options); err != nil {
		return err
	}
	w.handler = w.server.Handler()
	return nil
}

// replace moves the file aside and opens a new one. Where the new one cannot be opened either, the file is not the
// cause, and it is put back.
func (w *warehouse) replace(ctx context.Context, cause error) error {
	file := w.options.Path
	aside, err := moveAside(file)
	if err != nil {
		return errors.Join(cause, err)
	}
	if err := w.try(ctx); err != nil {
		return errors.Join(cause, move(aside, file))
	}
	slog.Warn("the warehouse cannot be read; it is moved aside and loaded again from the lake, and the page stays as it is until then",
		"file", file, "moved", aside, "error", cause)
	removeOlder(file, aside)
	return nil
}

// mended returns the handler of a server whose file is sound. Where the last one's is not, it opens the file again, or a
// new one.
func (w *warehouse) mended(ctx context.Context) (http.Handler, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, errors.New("the embedded BigQuery is stopping")
	}
	health := bigqueryserver.Invalidated
	if w.server != nil {
		if health = w.server.Health(); health == bigqueryserver.Sound {
			return w.handler, nil
		}
		if err := w.server.Close(); err != nil {
			slog.Warn("a part of the warehouse's log may be lost; reconcile makes up for it", "error", err)
		}
		w.server = nil
	}
	replaced, err := health == bigqueryserver.Damaged, error(nil)
	if replaced {
		err = w.replace(ctx, errors.New("a part of the file is damaged"))
	} else {
		replaced, err = w.open(ctx)
	}
	if err != nil {
		return nil, err
	}
	if replaced {
		select {
		case w.replaced <- struct{}{}:
		default:
		}
	}
	return w.handler, nil
}

func (w *warehouse) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	handler, err := w.mended(context.WithoutCancel(r.Context()))
	if err != nil {
		err, _ = disk.Explain(err)
		http.Error(rw, err.Error(), http.StatusServiceUnavailable) // the client sends it again
		return
	}
	handler.ServeHTTP(rw, r)
}

func (w *warehouse) checkpoint(ctx context.Context) error {
	w.mu.Lock()
	server := w.server
	w.mu.Unlock()
	if server == nil {
		return fmt.Errorf("%s is not open", w.options.Path)
	}
	err := server.Checkpoint(ctx)
	if err != nil {
		err, _ = disk.Explain(err)
	}
	return err
}

func (w *warehouse) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.server == nil {
		return nil
	}
	return w.server.Close()
}

// receipts names the rule for generations of objects, by which receipts name objects. The warehouse of an older rule
// would have all objects loaded twice.
const receipts = "generations are modification times"

// dropOtherVersion removes a warehouse whose tables are not those of version. The lake has everything.
func dropOtherVersion(file, version string) error {
	mark, version := file+".version", version+"\n"+receipts+"\n"
	found, err := disk.Read(mark)
	if err == nil && string(found) == version {
		return nil
	}
	for _, path := range parts(file) {
		if disk.Check(path) != nil { // there is none, or open moves it aside
			continue
		}
		if path == file {
			slog.Info("the tables have another form now; the warehouse is loaded again from the lake, and the page stays as it is until then")
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(mark); err != nil { // it may be something else than a file
		return err
	}
	return os.WriteFile(mark, []byte(version), 0o600)
}
