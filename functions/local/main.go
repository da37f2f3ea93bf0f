// Command local runs the whole pipeline on one machine: every function, unchanged, on an embedded
// cloud.
//
//	local                  serve the page and ingest every hour
//	local connect [NAME]   ask a listener for consent at Spotify, and store the token; where GOOGLE_CLOUD_PROJECT
//	                       is set, in that project's Secret Manager instead of on this machine
//	local function NAME    serve one function alone
//	local import FILE      import a privacy export of Spotify's for the listener LISTENER; where GOOGLE_CLOUD_PROJECT is
//	                       set, in that project
//	local demo-export FILE write such an export of the demo's listener
//
// DATA_DIR (./data) has everything. Without a connected account it runs a demo, in a folder of its
// own below.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/terminal"
)

// garbagePercent is how much garbage may be in memory, as a percentage of what is in use. Go's default of 100 doubles the
// memory of an import, and saves 1 % of its processor time.
const garbagePercent = 40

func main() {
	if set := debug.SetGCPercent(garbagePercent); set != 100 { // GOGC sets another percentage
		debug.SetGCPercent(set)
	}
	out := terminal.Writer{Writer: os.Stdout}
	slog.SetDefault(slog.New(newConsole(out)))
	// The functions framework prints a line of its own for each function to the standard output.
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = null
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	err := command(ctx, os.Args[1:], out)
	if again, ok := errors.AsType[restart](err); ok {
		if err = nil; ctx.Err() == nil { // Ctrl-C ends it meanwhile
			err = again.run()
		}
	}
	if err != nil {
		fmt.Fprintln(screen, "local:", err)
		if action := faults.Action(err); action != "" {
			fmt.Fprintln(screen, action)
		}
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out io.Writer) error {
	dir := cmp.Or(os.Getenv("DATA_DIR"), "data")
	switch {
	case len(args) == 0:
		return serve(ctx, dir)
	case args[0] == "connect" && len(args) <= 2:
		return connect(ctx, dir, args[1:])
	case args[0] == "function" && len(args) == 2:
		return serveFunction(ctx, dir, args[1])
	case args[0] == "import" && len(args) == 2:
		return importExport(ctx, dir, args[1], out)
	case args[0] == "demo-export" && len(args) == 2:
		return demoExport(ctx, args[1], out)
	}
	return errors.New("usage: local [connect [LISTENER] | function NAME | import FILE | demo-export FILE]")
}
