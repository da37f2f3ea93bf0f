// Command bench measures the pipeline on this machine. It logs its progress to standard error, and writes one Markdown
// table to standard output at the end.
//
//	go run ./test/bench [-only REGEXP]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
)

// groups are the parts of the benchmark, in the order of the table. Each adds its rows to the report.
var groups = []struct {
	name    string
	measure func(context.Context, *report) error
}{
	{"process", measureProcesses},
	{"load", measureLoad},
	{"reconcile", measureReconcile},
	{"import", measureImport},
	{"topten", measureRefreshes},
	{"features", measureBacklog},
	{"dashboard", measureDashboard},
	{"billed", measureBilled},
}

func main() {
	only := flag.String("only", "", "measure only the groups whose names match this regular `expression`: "+names())
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	if err != nil || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := &report{}
	err = r.measure(ctx, wanted)
	fmt.Print(r.table(thisMachine()))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func names() string {
	var names []string
	for _, g := range groups {
		names = append(names, g.name)
	}
	return strings.Join(names, ", ")
}

// measure runs the groups that are wanted. One that fails does not stop the others.
func (r *report) measure(ctx context.Context, wanted *regexp.Regexp) error {
	var errs []error
	for _, g := range groups {
		if ctx.Err() != nil {
			break
		}
		if !wanted.MatchString(g.name) {
			continue
		}
		if err := g.measure(ctx, r); err != nil {
			errs = append(errs, fmt.Errorf("measuring %s: %w", g.name, err))
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}
