package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/test/billing"
	"spotify-insights.internal/test/buildpack"
	"spotify-insights.internal/test/proc"
)

// runs is how often a process is started to be measured; before that it is started once to warm up.
const runs = 10

// The upper bounds of a process of the function ingest.
const (
	reachBinary    = 40  // MB
	reachListening = 20  // ms
	reachWhole     = 100 // ms
	reachMemory    = 45  // MB
)

// measureProcesses measures the functions as they are deployed: each in a process of its own, built as the buildpack
// does, on a cloud in this process.
func measureProcesses(ctx context.Context, r *report) error {
	return withCloud(ctx, r, billing.History{}, (1+runs+1)*lake.PageSize, func(c *cloud) error {
		zips, err := buildpack.Stage(ctx, filepath.Join(c.dir, "zips"))
		if err != nil {
			return err
		}
		binaries := map[string]string{}
		for function, zip := range zips {
			r.progress("building %s as deployed", function)
			binaries[function] = filepath.Join(c.dir, function)
			if err := buildpack.Build(ctx, zip, c.dir, binaries[function]); err != nil {
				return err
			}
		}
		first, err := c.process(ctx, binaries["ingest"], "ingest", "")
		if err != nil {
			return err
		}
		for _, function := range slices.Sorted(maps.Keys(binaries)) {
			if err := c.measureFunction(ctx, r, function, binaries[function], first.object); err != nil {
				return err
			}
		}
		return nil
	})
}

// measureFunction measures a function's program: its size, the time until it listens, its memory then, and its most
// memory up to the first answer; of ingest also the whole process, which ingests a page of new plays and ends.
func (c *cloud) measureFunction(ctx context.Context, r *report, function, binary, object string) error {
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	var listening, idle, peak, wall, cpu []float64
	for n := range runs + 1 {
		used, err := c.process(ctx, binary, function, object)
		if err != nil {
			return err
		}
		if n > 0 {
			listening, idle, peak = append(listening, ms(used.listening)), append(idle, used.idle), append(peak, used.peak)
			wall, cpu = append(wall, ms(used.wall)), append(cpu, ms(used.cpu))
		}
	}
	size, soon := 0.0, 0.0 // only ingest has bounds: it starts every hour, for a moment
	if function == "ingest" {
		size, soon = reachBinary, reachListening
	}
	r.add("`"+function+"`: binary, start to listening, memory when it listens, most up to its first answer",
		figure{mb(info.Size()), megabytes, size}, figure{median(listening), milliseconds, soon},
		figure{median(idle), megabytes, 0}, figure{median(peak), megabytes, 0})
	if function == "ingest" {
		r.add(fmt.Sprintf("a whole `ingest` of %d new plays, start of its process to the end: time, processor time, most memory", lake.PageSize),
			figure{median(wall), milliseconds, reachWhole}, figure{median(cpu), milliseconds, 0}, figure{median(peak), megabytes, reachMemory})
	}
	return nil
}

// usage is the use of a process from its start to its end.
type usage struct {
	listening, wall, cpu time.Duration
	idle, peak           float64 // MB, when it listens and at most
	object               string  // that ingest has written
}

// process starts a program, triggers its function once, and stops it. For ingest there is a page of new plays.
func (c *cloud) process(ctx context.Context, binary, function, object string) (used usage, err error) {
	if function == "ingest" {
		if err := c.play(lake.PageSize); err != nil {
			return used, err
		}
	}
	c.rest()
	start := time.Now()
	p, err := buildpack.Start(ctx, binary, function, c.dir)
	if err != nil {
		return used, err
	}
	var answer []byte
	if used.idle, err = memory(p, "VmRSS"); err == nil {
		answer, err = p.Trigger(ctx, listenerID, object)
	}
	peak, err2 := memory(p, "VmHWM")
	err = errors.Join(err, err2, p.Stop())
	used.listening, used.wall, used.cpu, used.peak = p.Listening, time.Since(start), p.CPU(), peak
	if err != nil || function != "ingest" {
		return used, err
	}
	var result struct {
		Status, Object string
		Plays          int
	}
	if err := json.Unmarshal(answer, &result); err != nil || result.Status != insights.Written || result.Plays != lake.PageSize {
		return used, fmt.Errorf("ingest of %d new plays answers %s", lake.PageSize, answer)
	}
	used.object = result.Object
	return used, nil
}

// memory returns a process's memory in MB: VmRSS now, VmHWM the most since its start. The rusage of a child would
// include the memory of this process, which it was cloned from.
func memory(p *buildpack.Process, field string) (float64, error) {
	file := fmt.Sprintf("/proc/%d/status", p.ID())
	text := proc.Field(file, field)
	kibibytes, err := strconv.ParseInt(strings.TrimSuffix(text, " kB"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s has %s=%q: memory is measured on Linux only", file, field, text)
	}
	return mb(kibibytes * 1024), nil
}
