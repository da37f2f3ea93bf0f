package spotify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
)

// The reasons why an item is rejected, besides [lake.LocalFile] and [lake.NotMusic].
const (
	notAnItem   = "not an item of recently-played"
	noPlayedAt  = "no played_at"
	notATime    = "played_at is not a time"
	inTheFuture = "played_at is later than the time of fetching"
	tooOld      = "played_at is before 2006"
	noTrack     = "no track"
	noTrackID   = "no track id"
)

// PlayRows makes one row for each item of an API page, in the order of the items. An item that is not a play
// becomes a rejected row. Every row contains its raw item, from which [Derive] can make it again.
func PlayRows(listener string, items []json.RawMessage, fetchedAt time.Time) []lake.PlayRow {
	rows := make([]lake.PlayRow, len(items))
	for i, raw := range items {
		rows[i] = fromItem(compact(raw), fetchedAt)
		rows[i].Listener, rows[i].RowIndex = listener, i
		rows[i].IngestedAt = fetchedAt.UTC().Truncate(time.Microsecond) // BigQuery's precision
	}
	return rows
}

// Derive makes a row of the current version from the raw item of an older one. Its listener, source, time of
// ingest, object and row index stay. A row of the current version stays as it is.
func Derive(row lake.PlayRow) (lake.PlayRow, error) {
	switch {
	case row.Version == lake.PlayVersion:
		return row, nil
	case row.Version < 0 || row.Version > lake.PlayVersion:
		return lake.PlayRow{}, fmt.Errorf("row version %d is unknown, this program reads versions up to %d: use the version that wrote the row", row.Version, lake.PlayVersion)
	case row.Source != lake.SourceAPI && row.Source != lake.SourceExport:
		return lake.PlayRow{}, fmt.Errorf("row version %d has no rows of source %s: delete the object, which this program did not write", max(row.Version, 1), faults.Quote(row.Source))
	case row.Raw == "":
		return lake.PlayRow{}, fmt.Errorf("a row of version %d has no raw item to derive its columns from: restore the object from a backup", max(row.Version, 1))
	}
	var derived lake.PlayRow
	if row.Source == lake.SourceAPI {
		derived = fromItem(compact([]byte(row.Raw)), row.IngestedAt)
	} else {
		var file string
		if row.File != nil {
			file = *row.File
		}
		derived = ExportRow([]byte(row.Raw), file, row.IngestedAt)
		derived.File = row.File
	}
	derived.Listener, derived.Source, derived.IngestedAt = row.Listener, row.Source, row.IngestedAt
	derived.Object, derived.RowIndex = row.Object, row.RowIndex
	return derived, nil
}

// fromItem makes the row of one item, without the columns that the item does not determine.
func fromItem(raw string, fetchedAt time.Time) lake.PlayRow {
	var it item
	wrong := json.Unmarshal([]byte(raw), &it) != nil
	at, timed := instant(it.PlayedAt.value)
	var row lake.PlayRow
	if it.Track.value != nil {
		row = it.Track.value.columns()
	}
	row.Version, row.Source, row.Raw = lake.PlayVersion, lake.SourceAPI, raw
	row.ContextURI = it.Context.value.URI.pointer()
	reason := ""
	switch {
	case wrong:
		reason = notAnItem
	case it.PlayedAt.value == "":
		reason = noPlayedAt
	case !timed:
		reason = notATime
	case at.After(fetchedAt.Add(lake.Tolerance)):
		reason = inTheFuture
	case at.Before(lake.Earliest):
		reason = tooOld
	default:
		row.PlayedAt = &at
		reason = it.Track.value.reject()
	}
	if reason != "" {
		row.RejectReason, row.Item = &reason, new(identity(at, timed, it.uri(), raw))
	}
	return row
}

// reject returns the reason why an item with this track is not a play, or "".
func (t *track) reject() string {
	switch {
	case t == nil:
		return noTrack
	case t.local():
		return lake.LocalFile
	case !t.music():
		return lake.NotMusic
	case t.ID.value == "":
		return noTrackID
	}
	return ""
}

// uri returns the uri of the item's track, or "".
func (it item) uri() string {
	if it.Track.value == nil {
		return ""
	}
	return it.Track.value.URI.value
}

// identity returns a hash that is equal for the same item of two API pages or exports: of its time and uri where it has
// both, else of its raw text.
func identity(at time.Time, timed bool, uri, raw string) string {
	if timed && uri != "" {
		raw = fmt.Sprintf("%d %s", at.UnixMilli(), uri)
	}
	sum := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:16])
}

// compact removes the white space between the parts of a JSON text. Bytes that are not UTF-8 become U+FFFD, as
// encoding/json does when the row is written to the lake.
func compact(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) == nil {
		raw = b.Bytes()
	}
	return string([]rune(string(raw)))
}
