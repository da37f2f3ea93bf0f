// Package machinetest gives a test an embedded cloud of its own, with clients of it and the test's own queries.
package machinetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/warehouse"
)

// Start starts a cloud with its tables and secrets in a temporary folder, for the listener "me" and those given, and
// makes the clients of this process use it. It ends with the test, which fails where BigQuery was sent a query that is
// not registered.
func Start(t testing.TB, listeners ...string) *machine.Machine {
	t.Helper()
	text := `{"me":{"time_zone":"America/Los_Angeles"}`
	for _, l := range listeners {
		text += `,"` + l + `":{"time_zone":"America/Los_Angeles"}`
	}
	t.Setenv("LISTENERS", text+"}")
	for _, variable := range []string{
		emulator.Storage, emulator.PubSub, emulator.BigQuery, emulator.SecretManager, emulator.Token,
	} {
		t.Setenv(variable, "") // restores the variable at the end of the test
	}
	for variable := range embedded.Names() {
		t.Setenv(variable, "")
	}
	m, err := machine.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Errorf("stopping the cloud: %v", err)
		}
	})
	t.Cleanup(func() { checkSent(t, m) })
	return m
}

// Dataset opens a client and its view of the tables.
func Dataset(t testing.TB, s config.All) (*bigquery.Client, *bigquery.Dataset) {
	t.Helper()
	client, err := warehouse.Client(t.Context(), s.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client, client.Dataset(s.Dataset)
}

// Row is a row by its columns' names.
type Row map[string]any

// Insert appends rows to a table without the checks of the function load.
func Insert(t testing.TB, s config.All, table string, rows ...Row) {
	t.Helper()
	var lines bytes.Buffer
	for _, row := range rows {
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	_, dataset := Dataset(t, s)
	source := bigquery.NewReaderSource(&lines)
	source.SourceFormat = bigquery.JSON
	source.Schema = warehouse.Schema(table)
	job, err := dataset.Table(table).LoaderFrom(source).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, err := job.Wait(t.Context())
	if err == nil {
		err = status.Err()
	}
	if err != nil {
		t.Fatalf("inserting into %s: %v", table, err)
	}
}

// Rows returns the rows of a statement of the test's own.
func Rows(t testing.TB, client *bigquery.Client, text string) (rows [][]bigquery.Value) {
	t.Helper()
	query := client.Query(text)
	query.Labels = own
	it, err := query.Read(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for {
		var values []bigquery.Value
		err := it.Next(&values)
		if errors.Is(err, iterator.Done) {
			return rows
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		rows = append(rows, values)
	}
}

// Query returns the rows of a statement of the test's own, each a line of its values.
func Query(t testing.TB, s config.All, text string) (lines []string) {
	t.Helper()
	client, _ := Dataset(t, s)
	for _, values := range Rows(t, client, text) {
		words := make([]string, len(values))
		for i, v := range values {
			if at, ok := v.(time.Time); ok {
				v = at.UTC().Format("2006-01-02T15:04:05.999Z")
			}
			words[i] = fmt.Sprint(v)
		}
		lines = append(lines, strings.Join(words, " | "))
	}
	return lines
}
