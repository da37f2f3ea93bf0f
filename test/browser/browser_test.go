// Package browser tests the pages of the dashboard in Chromium, over all links from the first one.
package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var inBrowser = flag.Bool("browser", false, "run the tests, which need Chromium and npm")

// chromium is the context of the browser. Each test has a tab of its own.
var chromium context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	if !*inBrowser {
		return // make test needs no browser
	}
	code, err := start(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func start(m *testing.M) (int, error) {
	stop, err := openSites()
	if err != nil {
		return 1, err
	}
	defer stop()
	path, err := exec.LookPath("chromium")
	if err != nil {
		return 1, fmt.Errorf("there is no browser (on Debian: apt-get install chromium): %w", err)
	}
	profile, err := os.MkdirTemp("", "browser")
	if err != nil {
		return 1, fmt.Errorf("making a folder for the browser: %w", err)
	}
	defer os.RemoveAll(profile)
	ctx, closeBrowser := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // covers fail at once
	)...)
	defer closeBrowser()
	chromium, closeBrowser = chromedp.NewContext(ctx)
	defer closeBrowser()
	if err := chromedp.Do(chromium); err != nil {
		return 1, fmt.Errorf("starting %s: %w", path, err)
	}
	begun := time.Now()
	code := m.Run()
	fmt.Printf("%d pages in %s\n", len(private.pages)+len(public.pages), time.Since(begun).Round(time.Second))
	return code, nil
}
