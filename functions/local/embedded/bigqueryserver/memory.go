package bigqueryserver

import (
	"context"
	"database/sql"
	"fmt"
)

// memoryLimit is DuckDB's share of the memory: three fifths of what the machine or the container has, because the
// rest of the process needs some too, and at least 1 GiB. Ten million plays need 5 GB; with less, DuckDB uses the disk.
func memoryLimit(ctx context.Context, db *sql.DB) (string, error) {
	var given string // DuckDB's own choice, four fifths
	if err := db.QueryRowContext(ctx, "SELECT current_setting('memory_limit')").Scan(&given); err != nil {
		return "", err
	}
	return threeQuarters(given)
}

// memoryUnits are the units in which DuckDB writes an amount of memory, in MiB.
var memoryUnits = map[string]float64{"bytes": 1. / (1 << 20), "KiB": 1. / (1 << 10), "MiB": 1, "GiB": 1 << 10, "TiB": 1 << 20}

// threeQuarters is that part of an amount of memory as DuckDB writes it, such as 18.8 GiB, and at least 1 GiB.
func threeQuarters(amount string) (string, error) {
	var n float64
	var unit string
	if _, err := fmt.Sscanf(amount, "%f %s", &n, &unit); err != nil {
		return "", fmt.Errorf("reading DuckDB's memory limit %q: %w", amount, err)
	}
	if memoryUnits[unit] == 0 {
		return "", fmt.Errorf("DuckDB's memory limit %q has an unknown unit", amount)
	}
	return fmt.Sprintf("%dMiB", max(1024, int64(n*memoryUnits[unit]*0.75))), nil
}
