package loader

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// strict rejects rows with unexpected fields.
var strict = json.RejectUnknownMembers(true)

// playRows checks the rows of one object of plays.
type playRows struct {
	object string
	name   lake.Name
}

// adder returns an [addRow] of the table plays. It derives rows of older versions again.
func (p playRows) adder() addRow {
	var reader lineReader
	return func(line []byte, rows *bytes.Buffer, r *warehouse.Receipt) error {
		before := rows.Len()
		row, err := reader.copy(line, rows)
		switch {
		case err != nil:
			return err
		case row.Version > lake.PlayVersion:
			return errNewerVersion
		case row.Version < lake.PlayVersion:
			rows.Truncate(before)
			if row, err = derive(line, rows); err != nil {
				return err
			}
		}
		if err := p.check(row); err != nil {
			return err
		}
		r.RowVersion = new(int64(lake.PlayVersion))
		count(row, r)
		return nil
	}
}

// derive makes the row of a line of an older version, and appends it to rows.
func derive(line []byte, rows *bytes.Buffer) (lake.PlayRow, error) {
	var old struct {
		lake.PlayRow
		Index int `json:"index"` // row_index in version 1
	}
	if err := json.Unmarshal(line, &old, strict); err != nil {
		return lake.PlayRow{}, err
	}
	old.RowIndex = max(old.RowIndex, old.Index)
	row, err := spotify.Derive(old.PlayRow)
	if err != nil {
		return row, err
	}
	row.PlayedAt, row.IngestedAt, row.Raw = micros(row.PlayedAt), *micros(&row.IngestedAt), ""
	return row, encode(rows, struct {
		lake.PlayRow
		Version *int `json:"version,omitempty"` // not a column
	}{PlayRow: row})
}

// encode appends a row as a line.
func encode(rows *bytes.Buffer, row any) error {
	if err := json.MarshalWrite(rows, row); err != nil {
		return err
	}
	return rows.WriteByte('\n')
}

// plausible reports whether something can have been fetched at a time. A wrong clock would create far partitions.
func plausible(t time.Time) bool { return !t.Before(lake.Earliest) && t.Year() < 2100 }

// check rejects rows that this program does not write.
func (p playRows) check(row lake.PlayRow) error {
	switch {
	case row.Object != p.object:
		return errors.New("the row is of another object")
	case row.Listener != p.name.Listener || row.Source != p.name.Kind:
		return errors.New("the row is of another listener or source")
	case !plausible(row.IngestedAt) || row.RowIndex < 0:
		return errors.New("the row lacks a plausible ingested_at or row_index")
	case negative(row.DurationMS) || negative(row.MSPlayed):
		return errors.New("the row has a negative time")
	case row.IsPlay() && (row.PlayedAt == nil || row.TrackID == nil || *row.TrackID == ""):
		return errors.New("a play without a time or a track")
	case !row.IsPlay() && row.Item == nil:
		return errors.New("a rejected row without an item")
	case row.PlayedAt != nil && (row.PlayedAt.Before(lake.Earliest) || row.PlayedAt.After(row.IngestedAt.Add(lake.Tolerance))):
		return fmt.Errorf("a play at %s is impossible", row.PlayedAt.Format(time.RFC3339))
	}
	return nil
}

func negative(ms *int64) bool { return ms != nil && *ms < 0 }

// count adds a row to the counts and times of a receipt.
func count(row lake.PlayRow, r *warehouse.Receipt) {
	r.FetchedAt = newer(r.FetchedAt, micros(&row.IngestedAt))
	switch {
	case !row.IsPlay() && *row.RejectReason == lake.NotMusic:
		r.NotMusic++
		return
	case !row.IsPlay():
		r.Rejected++
		return
	}
	r.Plays++
	at := micros(row.PlayedAt)
	r.Oldest, r.Newest = older(r.Oldest, at), newer(r.Newest, at)
}

// featureRows returns an [addRow] of the table audio_features.
func featureRows(object string) addRow {
	return func(line []byte, rows *bytes.Buffer, r *warehouse.Receipt) error {
		var row struct {
			lake.FeaturesRow
			Found     *bool      `json:"found"`
			FetchedAt *time.Time `json:"fetched_at"`
			OldIndex  int        `json:"index"` // row_index in version 1
		}
		if err := json.Unmarshal(line, &row, strict); err != nil {
			return err
		}
		switch {
		case row.Version > lake.FeaturesVersion:
			return errNewerVersion
		case row.Object != object:
			return errors.New("the row is of another object")
		case row.TrackID == "" || row.Found == nil || row.FetchedAt == nil || row.Provider == "":
			return errors.New("the row lacks its track, provider, answer or time")
		}
		r.RowVersion = new(int64(lake.FeaturesVersion))
		at := micros(row.FetchedAt)
		r.FetchedAt = newer(r.FetchedAt, at)
		return encode(rows, featureColumns{row.TrackID, *row.Found, row.Provider, row.Features, *at, row.Object})
	}
}

// featureColumns are the columns of the table audio_features.
type featureColumns struct {
	TrackID  string `json:"track_id"`
	Found    bool   `json:"found"`
	Provider string `json:"provider"`
	lake.Features
	FetchedAt time.Time `json:"fetched_at"`
	Object    string    `json:"object"`
}
