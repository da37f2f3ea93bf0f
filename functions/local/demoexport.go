package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/listener"
)

const (
	// demoExportFolder is the folder of the entries in the demo's export. It keeps that export apart from real ones.
	demoExportFolder = "Spotify Insights demo/"
	// demoExportYears is how many years of plays the demo's export has. The demo itself has the last of them.
	demoExportYears = 10
)

// demoExport writes an export of the demo's listener into a new file.
func demoExport(ctx context.Context, file string, out io.Writer) (err error) {
	if !strings.EqualFold(filepath.Ext(file), ".zip") {
		return fmt.Errorf("%s does not end in .zip. Give another name, as in: make demo-export FILE=demo.zip", file)
	}
	listeners, err := machine.ReadListeners()
	if err != nil {
		return err
	}
	me, err := listeners.Find(listener.Default)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("there is a file %s already. Delete it, or give another name", file)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(file))
		}
	}()
	now := time.Now()
	plays := fakespotify.History(demoSeed, now.AddDate(-demoExportYears, 0, 0), now, me.Zone)
	buffered := bufio.NewWriter(unlessDone{ctx, f})
	counts, err := fakespotify.WriteExport(buffered, plays, fakespotify.ExportOptions{Folder: demoExportFolder, Seed: demoSeed})
	if err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s contains %d years of the demo's listener in %d files, with %s rows. Import it with: make import FILE=%s\n",
		file, demoExportYears, counts.Files, grouped(counts.Rows), file)
	return nil
}

// unlessDone writes until ctx ends.
type unlessDone struct {
	ctx context.Context
	io.Writer
}

func (w unlessDone) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}
