// Command scale simulates a day of many listeners on the embedded cloud, with the functions as they are deployed with the
// settings batch_loading and ingest_queue: one job puts all listeners into a queue each hour, reconcile loads every ten
// minutes, and topten ranks after each load. In the end it checks that nothing is lost, and prints what was done.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strconv"
)

func main() {
	listeners, err := number("LISTENERS", "1000", 9999)
	hours := 0
	if err == nil {
		hours, err = number("HOURS", "24", 24)
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err == nil {
		err = run(listeners, hours)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// number reads a variable of the environment.
func number(variable, without string, most int) (int, error) {
	text := cmp.Or(os.Getenv(variable), without)
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s=%q is not a number from 1 to %d: make scale LISTENERS=1000", variable, text, most)
	}
	return n, nil
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
