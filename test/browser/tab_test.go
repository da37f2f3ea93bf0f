package browser

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	protocol "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is the deadline of one step in a tab.
const patience = 20 * time.Second

// tab is a tab of the browser, of one test.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	trouble  []string // dialogs, exceptions, errors of the console, and what the policy refused
	requests []string // addresses
}

// openTab opens a tab that is 1440 pixels wide.
func openTab(t *testing.T) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(chromium)
	t.Cleanup(closeTab)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.notice); err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	command(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.resize(1440)
	return b
}

// notice notes an event. It runs in the loop that reads the events, so it waits for nothing.
func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *protocol.EventJavascriptDialogOpening:
		b.trouble = append(b.trouble, "dialog: "+e.Message)
		go func() { // the page stands still until then
			_, _ = chromedp.Call(b.ctx, protocol.HandleJavaScriptDialog, protocol.HandleJavaScriptDialogParams{Accept: true})
		}()
	case *runtime.EventExceptionThrown:
		b.trouble = append(b.trouble, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.trouble = append(b.trouble, fmt.Sprintf("console: %s", e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		if unreachable := e.Entry.Source == log.EntrySourceNetwork && isCover(e.Entry.URL); !unreachable && e.Entry.Level != log.EntryLevelVerbose {
			b.trouble = append(b.trouble, string(e.Entry.Source)+": "+e.Entry.Text)
		}
	}
}

// noted returns the trouble and the requests since it was last called.
func (b *tab) noted() (trouble, requests []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	trouble, requests = slices.Clone(b.trouble), slices.Clone(b.requests)
	b.trouble, b.requests = nil, nil
	return trouble, requests
}

// isCover reports whether an address is of a cover at Spotify's image hosts.
func isCover(address string) bool {
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	return strings.HasPrefix(address, "https://") && (strings.HasSuffix(host, ".scdn.co") || strings.HasSuffix(host, ".spotifycdn.com"))
}

// open loads a page of a site.
func (b *tab) open(s *site, path string) {
	b.t.Helper()
	run(b, "opening "+s.name+" "+path, chromedp.Navigate(s.address+path))
}

// press presses keys.
func (b *tab) press(keys string) {
	b.t.Helper()
	run(b, "pressing a key", chromedp.KeyEvent(keys))
}

// resize makes the tab as wide as a screen.
func (b *tab) resize(width int64) {
	b.t.Helper()
	command(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 600})
}

// prefer sets preferences of the person: pairs of a feature, such as prefers-color-scheme, and its value.
func (b *tab) prefer(pairs ...string) {
	b.t.Helper()
	var features []*emulation.MediaFeature
	for i := 0; i < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// run runs an action. An error ends the test.
func run[T any](b *tab, doing string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("%s: %v", doing, err)
	}
	return value
}

// evaluate returns the value of an expression of JavaScript in the page, as the debugger sees it: no policy of the page
// is in its way.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	return run(b, "evaluating "+expression[:min(len(expression), 80)], chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// command sends a command of the protocol.
func command[P any](b *tab, command cdp.Command[P, cdp.Empty], params P) {
	b.t.Helper()
	run(b, command.Method, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	}))
}
