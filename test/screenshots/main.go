// Command screenshots takes the README's pictures of the overview: of the demo, in Chromium, on a desktop and a phone, light
// and dark.
//
//	go run ./test/screenshots [-out DIR]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// limit bounds the whole run, with a first build.
const limit = 15 * time.Minute

func main() {
	out := flag.String("out", filepath.Join(".github", "images"), "the folder that the pictures are written to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := run(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("making the folder of the pictures: %w", err)
	}
	work, err := os.MkdirTemp("", "screenshots")
	if err != nil {
		return fmt.Errorf("making a folder to work in: %w", err)
	}
	defer os.RemoveAll(work)
	browser, closeBrowser, err := openBrowser(ctx, work) // first, because a missing browser is found before the long build
	if err != nil {
		return err
	}
	defer closeBrowser()
	d, err := startDemo(ctx, work)
	if err != nil {
		return err
	}
	defer d.stop()
	if err := d.ranked(ctx); err != nil {
		return err
	}
	return takePictures(browser, d.page, out)
}
