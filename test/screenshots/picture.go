package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// screen is the size of a screen in CSS pixels. A CSS pixel has scale pixels of the picture in each direction.
type screen struct {
	width, height int64
	scale         float64
	phone         bool
}

var (
	screens = []screen{
		{width: 1440, height: 1248, scale: 1.25}, // down to the first places
		{width: 360, height: 800, scale: 2, phone: true},
	}
	schemes = []string{"light", "dark"}
)

//go:embed fonts.conf
var fonts []byte

// openBrowser starts Chromium with a new profile below dir.
func openBrowser(ctx context.Context, dir string) (context.Context, context.CancelFunc, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil, fmt.Errorf("there is no browser (on Debian: apt-get install chromium): %w", err)
	}
	fontsFile := filepath.Join(dir, "fonts.conf")
	if err := os.WriteFile(fontsFile, fonts, 0o600); err != nil {
		return nil, nil, fmt.Errorf("writing the browser's fonts: %w", err)
	}
	ctx, closeBrowser := chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.Env("FONTCONFIG_FILE="+fontsFile),
		chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), // which is small in containers
		chromedp.Flag("force-color-profile", "srgb"), // the same colours everywhere
	)
	ctx, closeTab := chromedp.NewContext(ctx)
	closeBoth := func() { closeTab(); closeBrowser() }
	if err := chromedp.Do(ctx); err != nil {
		closeBoth()
		return nil, nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return ctx, closeBoth, nil
}

// takePictures takes a picture of each page for every screen and scheme. The artist is the first one of all time.
func takePictures(ctx context.Context, overview, out string) error {
	if err := chromedp.Do(ctx, chromedp.Navigate(overview+"?period=all"), chromedp.WaitVisible(`.lead[href^="/artist/"]`)); err != nil {
		return fmt.Errorf("opening the overview: %w", err)
	}
	artist, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('.lead[href^="/artist/"]').href`))
	if err != nil {
		return fmt.Errorf("looking for an artist: %w", err)
	}
	for _, shot := range []struct{ name, address string }{
		{"overview", overview}, {"artist", artist}, {"year", fmt.Sprintf("%syear/%d", overview, time.Now().Year()-1)}, {"record", overview + "record"},
	} {
		for _, s := range screens {
			for _, scheme := range schemes {
				name := filepath.Join(out, fmt.Sprintf("%s-%d-%s.webp", shot.name, s.width, scheme))
				content, err := takePicture(ctx, shot.address, s, scheme)
				if err != nil {
					return fmt.Errorf("taking %s: %w", name, err)
				}
				if err := os.WriteFile(name, content, 0o644); err != nil {
					return fmt.Errorf("writing a picture: %w", err)
				}
				fmt.Printf("%s: %d kB\n", name, (len(content)+999)/1000)
			}
		}
	}
	return nil
}

// takePicture fails where the page is wider than its screen.
func takePicture(ctx context.Context, address string, s screen, scheme string) ([]byte, error) {
	if err := chromedp.Do(ctx, emulate(s, scheme), chromedp.Navigate(address), chromedp.WaitVisible("main")); err != nil {
		return nil, err
	}
	// Not against innerWidth: a phone zooms out of what is too wide.
	width, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
	if err != nil {
		return nil, err
	}
	if width > s.width {
		return nil, fmt.Errorf("the page is %d pixels wide", width)
	}
	return chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		taken, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Format: page.CaptureScreenshotFormatWebp, Quality: new(int64(82)),
		})
		return taken.Data, err
	})
}

// emulate sets the screen and the preferred scheme.
func emulate(s screen, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: s.width, Height: s.height, DeviceScaleFactor: s.scale, Mobile: s.phone,
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}
