package loader

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// strict makes a row with a field that is not known an error. The library is several times faster than
// encoding/json, and most of a load's time is spent here.
var strict = json.RejectUnknownMembers(true)

// skipped is a JSON value that is passed over.
type skipped struct{}

func (*skipped) UnmarshalJSONFrom(d *jsontext.Decoder) error { return d.SkipValue() }

// playRows checks the rows of one object of plays.
type playRows struct {
	object string
	name   lake.Name
}

// add makes a row of the table plays of a line, and counts it in the receipt.
func (p playRows) add(line []byte, r *warehouse.Receipt) (any, error) {
	var read struct {
		lake.PlayRow
		Raw      skipped `json:"raw"`
		OldIndex int     `json:"index"` // row_index in version 1
	}
	if err := json.Unmarshal(line, &read, strict); err != nil {
		return nil, err
	}
	row := read.PlayRow
	switch {
	case row.Version > lake.PlayVersion:
		return nil, errNewerVersion
	case row.Version < lake.PlayVersion:
		var whole struct {
			lake.PlayRow
			OldIndex int `json:"index"`
		}
		err := json.Unmarshal(line, &whole, strict)
		if err == nil {
			whole.PlayRow.RowIndex = max(whole.PlayRow.RowIndex, whole.OldIndex)
			row, err = spotify.Derive(whole.PlayRow)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := p.check(row); err != nil {
		return nil, err
	}
	r.RowVersion = new(int64(lake.PlayVersion))
	count(row, r)
	row.PlayedAt, row.IngestedAt, row.Raw = micros(row.PlayedAt), *micros(&row.IngestedAt), ""
	return struct {
		lake.PlayRow
		Version *int `json:"version,omitempty"` // not a column
	}{PlayRow: row}, nil
}

// believed reports whether a time can be when something was fetched. A clock may be wrong, but a time far off
// would make a partition of its own.
func believed(t time.Time) bool { return !t.Before(lake.Earliest) && t.Year() < 2100 }

// check refuses what this program does not write.
func (p playRows) check(row lake.PlayRow) error {
	switch {
	case row.Object != p.object:
		return errors.New("the row says that it is of another object")
	case row.Listener != p.name.Listener || row.Source != p.name.Kind:
		return errors.New("the row says that it is of another listener or source")
	case !believed(row.IngestedAt) || row.RowIndex < 0:
		return errors.New("the row does not say when it was fetched, or where it stood")
	case negative(row.DurationMS) || negative(row.MSPlayed):
		return errors.New("the row has a negative time")
	case row.Readable() && (row.PlayedAt == nil || row.TrackID == nil || *row.TrackID == ""):
		return errors.New("a play without a time or a track")
	case !row.Readable() && row.Item == nil:
		return errors.New("an item that is not a play has nothing to identify it")
	case row.PlayedAt != nil && (row.PlayedAt.Before(lake.Earliest) || row.PlayedAt.After(row.IngestedAt.Add(lake.Tolerance))):
		return fmt.Errorf("the play of %s cannot have been", row.PlayedAt.Format(time.RFC3339))
	}
	return nil
}

func negative(ms *int64) bool { return ms != nil && *ms < 0 }

// count adds a row to a receipt.
func count(row lake.PlayRow, r *warehouse.Receipt) {
	r.FetchedAt = newer(r.FetchedAt, micros(&row.IngestedAt))
	switch {
	case !row.Readable() && *row.RejectReason == lake.NotMusic:
		r.NotMusic++
		return
	case !row.Readable():
		r.Rejected++
		return
	}
	r.Plays++
	at := micros(row.PlayedAt)
	r.Oldest, r.Newest = older(r.Oldest, at), newer(r.Newest, at)
}

// featureRows checks the rows of one object of audio features.
func featureRows(object string) addRow {
	return func(line []byte, r *warehouse.Receipt) (any, error) {
		var row struct {
			lake.FeaturesRow
			Found     *bool      `json:"found"`
			FetchedAt *time.Time `json:"fetched_at"`
			OldIndex  int        `json:"index"` // row_index in version 1
		}
		if err := json.Unmarshal(line, &row, strict); err != nil {
			return nil, err
		}
		switch {
		case row.Version > lake.FeaturesVersion:
			return nil, errNewerVersion
		case row.Object != object:
			return nil, errors.New("the row says that it is of another object")
		case row.TrackID == "" || row.Found == nil || row.FetchedAt == nil || row.Provider == "":
			return nil, errors.New("the row does not say which track it is of, or who answered what, and when")
		}
		r.RowVersion = new(int64(lake.FeaturesVersion))
		at := micros(row.FetchedAt)
		r.FetchedAt = newer(r.FetchedAt, at)
		return featureColumns{row.TrackID, *row.Found, row.Provider, row.Features, *at, row.Object}, nil
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
