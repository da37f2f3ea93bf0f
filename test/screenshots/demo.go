package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// demo is the running command without any configuration.
type demo struct {
	page string // its address, with a slash at the end
	stop func()
}

// startDemo builds the command, imports the ten years of its listener into data below dir, starts it, and waits for the
// address of its page.
func startDemo(ctx context.Context, dir string) (*demo, error) {
	binary := filepath.Join(dir, "local")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "spotify-insights.internal/functions/local").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the command: %w\n%s", err, text)
	}
	// Not this process's environment, in which an account can be configured.
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DATA_DIR=" + filepath.Join(dir, "data"),
		"PORT=0", `LISTENERS={"me":{"time_zone":"Europe/Berlin"}}`,
	}
	export := filepath.Join(dir, "demo.zip")
	for _, arguments := range [][]string{{"demo-export", export}, {"import", export}} {
		cmd := exec.CommandContext(ctx, binary, arguments...)
		cmd.Env = env
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("running the command's %s: %w\n%s", arguments[0], err, text)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("starting the demo: %w", err)
	}
	var output strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(&output, lines.Text())
		if _, page, ok := strings.Cut(lines.Text(), "page at "); ok {
			drained := make(chan struct{})
			go func() {
				defer close(drained)
				_, _ = io.Copy(io.Discard, out) // a full pipe would block the demo
			}()
			return &demo{page: strings.TrimSpace(page), stop: func() {
				cancel()
				<-drained // Wait closes the pipe
				_ = cmd.Wait()
			}}, nil
		}
	}
	cancel()
	_ = cmd.Wait() // its result is in cmd.ProcessState
	return nil, fmt.Errorf("the demo ended before it had a page: %s\n%s", cmd.ProcessState, &output)
}

// ranked waits until ten tracks are ranked and their audio features are asked for.
func (d *demo) ranked(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := d.shown(ctx)
		if err != nil {
			return fmt.Errorf("asking the demo for its numbers: %w", err)
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for ten ranked tracks and their audio features: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// shown reports whether the page shows ten tracks, and no track waits for audio features.
func (d *demo) shown(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.page+"insights.json", nil)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("answered %s", resp.Status)
	}
	var insights struct {
		TopTracks []struct{} `json:"top_tracks"`
		Status    struct {
			Coverage struct {
				Unasked int `json:"tracks_unasked"`
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&insights); err != nil {
		return false, err
	}
	return len(insights.TopTracks) == 10 && insights.Status.Coverage.Unasked == 0, nil
}
