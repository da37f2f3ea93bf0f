// Command local runs the whole pipeline on one machine: every function, unchanged, on an embedded
// cloud.
//
//	local                  serve the page and ingest every hour
//	local connect [NAME]   let Spotify's listener consent, and keep the token; with GOOGLE_CLOUD_PROJECT
//	                       set, in that project's Secret Manager instead of on this machine
//	local function NAME    serve one function alone
//
// DATA_DIR (./data) holds everything. Without a connected account it runs a demo, in a folder of its
// own below.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	console := os.Stdout
	slog.SetDefault(slog.New(newConsole(console)))
	// The functions framework announces each function on the standard output, in lines of its own form.
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = null
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	dir := or(os.Getenv("DATA_DIR"), "data")
	switch {
	case len(args) == 0:
		return serve(ctx, dir)
	case args[0] == "connect" && len(args) <= 2:
		return connect(ctx, dir, args[1:])
	case args[0] == "function" && len(args) == 2:
		return serveOne(ctx, dir, args[1])
	}
	return errors.New("usage: local [connect [LISTENER] | function NAME]")
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
