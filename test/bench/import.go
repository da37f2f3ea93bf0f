package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/insights"
)

// The upper bounds of an import.
const (
	reachImport       = 15  // s
	reachImportMemory = 512 // MB
)

// measureImport measures `bin/local import` with an export of half a million rows: unsorted files, podcasts, videos,
// missing names, repeated rows, old and new keys. It ends when the top ten and the snapshot are written.
func measureImport(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, export, data := filepath.Join(dir, "local"), filepath.Join(dir, "my_spotify_data.zip"), filepath.Join(dir, "data")
	r.progress("building the command, and writing an export")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./functions/local").CombinedOutput(); err != nil {
		return fmt.Errorf("building the command: %w\n%s", err, out)
	}
	const plays = 352_000 // of half a million rows
	all := steady(plays, 14*time.Minute, time.Now().AddDate(0, 0, -7))
	counts, err := writeZip(export, all)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, binary, "import", export)
	cmd.Env = append(os.Environ(), "DATA_DIR="+data, "PORT=0", "GOOGLE_CLOUD_PROJECT=") // which another group has set
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("importing: %w\n%s", err, said.Bytes())
	}
	status, document, ended, err := imported(filepath.Join(data, "storage", "insights"))
	if err != nil {
		return err
	}
	if err := checkImport(document, counts, len(all)); err != nil {
		return err
	}
	took := ended.Sub(began).Seconds()
	peak := float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) * 1024 / 1e6
	r.add(fmt.Sprintf("`make import`, %d rows in %d files: start of the process until the top ten and the snapshot are written, most memory", counts.Rows, counts.Files),
		figure{took, seconds, reachImport}, figure{peak, megabytes, reachImportMemory})
	r.add(fmt.Sprintf("`make import`, %.0f rows a second: start and upload, reading the export while its first objects are loaded, loading the rest, ranking and snapshot", float64(counts.Rows)/took),
		figure{status.StartedAt.Sub(began).Seconds(), seconds, 0}, figure{status.UpdatedAt.Sub(status.StartedAt).Seconds(), seconds, 0},
		figure{document.AsOf.Sub(status.UpdatedAt).Seconds(), seconds, 0}, figure{ended.Sub(document.AsOf).Seconds(), seconds, 0})
	return nil
}

// writeZip writes an export of plays.
func writeZip(name string, plays []fakespotify.Play) (counts fakespotify.ExportCounts, err error) {
	f, err := os.Create(name)
	if err != nil {
		return counts, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	if counts, err = fakespotify.WriteExport(w, plays, fakespotify.ExportOptions{Seed: 1}); err != nil {
		return counts, err
	}
	return counts, w.Flush()
}

// imported reads what an import has left in the folder of the insights bucket, and when the document was written.
func imported(dir string) (status insights.ImportStatus, document insights.Document, ended time.Time, err error) {
	for name, v := range map[string]any{insights.ImportStatusName(listenerID): &status, insights.DocumentName(listenerID): &document} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, v)
		}
		if err != nil {
			return status, document, ended, err
		}
	}
	info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(insights.DocumentName(listenerID))))
	if err == nil {
		ended = info.ModTime()
	}
	return status, document, ended, err
}

// checkImport compares the account and the number of listens with those of the generated export. Each of its plays is a
// listen: their times differ, and they are long enough.
func checkImport(d insights.Document, want fakespotify.ExportCounts, plays int) error {
	if d.Status == nil || len(d.Status.Imports) != 1 || d.Snapshot.Listens.Rows != int64(plays) {
		return fmt.Errorf("the snapshot has %d listens, want %d: %+v", d.Snapshot.Listens.Rows, plays, d.Status)
	}
	var got fakespotify.ExportCounts
	for _, f := range d.Status.Imports[0].Files {
		got.Files++
		got.Rows, got.Plays, got.Repeated = got.Rows+int(f.Rows), got.Plays+int(f.Plays), got.Repeated+int(f.Duplicates)
		got.NotMusic, got.Rejected = got.NotMusic+int(f.NotMusic), got.Rejected+int(f.Rejected)
	}
	if got != want {
		return fmt.Errorf("the account is %+v, want %+v", got, want)
	}
	return nil
}
