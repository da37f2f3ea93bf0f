// Command scale simulates a day of many listeners on the embedded cloud, with the functions as they are deployed with the
// settings batch_loading and ingest_queue: one job puts all listeners into a queue each hour, reconcile loads every ten
// minutes, and topten ranks after each load. In the end it checks that nothing is lost, and prints what was done.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
)

func main() {
	listeners := flag.Int("listeners", 1000, "number of listeners")
	hours := flag.Int("hours", 24, "number of hours")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := run(*listeners, *hours); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(listeners, hours int) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "scale")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	report, err := Simulate(ctx, dir, listeners, hours)
	if report != nil {
		fmt.Printf("Simulated on %s, %d cores, %s.\n\n", processor(), runtime.NumCPU(), runtime.Version())
		report.Print(os.Stdout)
	}
	return err
}
