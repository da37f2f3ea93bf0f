package spotify

import (
	"bytes"
	"path"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"spotify-insights.internal/shared/lake"
)

// The reasons why a row of an export is rejected, besides [lake.LocalFile], [lake.NotMusic] and [noTrack].
const (
	notAnObject = "not an object"
	noTS        = "no ts"
	tsNotATime  = "ts is not a time"
	tsTooOld    = "ts is before 2006"
	tsInFuture  = "ts is later than the time of the import"
	noMSPlayed  = "no ms_played"
)

// maxName is the longest name that is believed, in bytes. Longer text would make rows that cannot be loaded.
const maxName = 10_000

// exportRow has the documented fields of a row as they are in the file. Nil is a field that the row lacks.
// https://support.spotify.com/article/understanding-my-data
type exportRow struct {
	ts, msPlayed, trackURI                  []byte
	trackName, artistName, albumName        []byte
	episodeName, episodeShow, episodeURI    []byte
	bookTitle, bookURI, chapterURI, chapter []byte
	reasonStart, reasonEnd                  []byte
	shuffle, skipped, offline, incognito    []byte
	unused                                  []byte // platform and offline_timestamp

	uri, kind string // of the track
}

// field returns the field with a name, which is in quotes. It is nil for another name: address, country, user agent,
// user name and place are personal, and a new field may be too.
func (r *exportRow) field(name []byte) *[]byte {
	switch string(name) {
	case `"ts"`:
		return &r.ts
	case `"ms_played"`:
		return &r.msPlayed
	case `"spotify_track_uri"`:
		return &r.trackURI
	case `"master_metadata_track_name"`:
		return &r.trackName
	case `"master_metadata_album_artist_name"`:
		return &r.artistName
	case `"master_metadata_album_album_name"`:
		return &r.albumName
	case `"episode_name"`:
		return &r.episodeName
	case `"episode_show_name"`:
		return &r.episodeShow
	case `"spotify_episode_uri"`:
		return &r.episodeURI
	case `"audiobook_title"`:
		return &r.bookTitle
	case `"audiobook_uri"`:
		return &r.bookURI
	case `"audiobook_chapter_uri"`:
		return &r.chapterURI
	case `"audiobook_chapter_title"`:
		return &r.chapter
	case `"reason_start"`:
		return &r.reasonStart
	case `"reason_end"`:
		return &r.reasonEnd
	case `"shuffle"`:
		return &r.shuffle
	case `"skipped"`:
		return &r.skipped
	case `"offline"`:
		return &r.offline
	case `"incognito_mode"`:
		return &r.incognito
	case `"platform"`, `"offline_timestamp"`:
		return &r.unused
	}
	return nil
}

// ExportRow makes a row of one element of a file of the privacy export. The row lacks its listener, object and index.
// An element that is not a play becomes a rejected row. The raw item has the documented fields only, without those that
// are personal, so that [Derive] makes the same row of it again.
func ExportRow(element []byte, file string, importedAt time.Time) lake.PlayRow {
	importedAt = importedAt.UTC().Truncate(time.Microsecond) // BigQuery's precision
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	var r exportRow
	raw, object := d.read(element, &r)
	row := lake.PlayRow{Version: lake.PlayVersion, Source: lake.SourceExport, IngestedAt: importedAt, File: &file, Raw: raw}
	at, timed := endOf(unquote(r.ts))
	reason := notAnObject
	if object {
		r.uri = unquote(r.trackURI)
		r.kind = kindOfURI(r.uri)
		wrong := r.columns(&row)
		if reason = r.reject(at, timed, importedAt, file); reason == "" && row.TrackID == nil {
			reason = noTrack
		} else if reason == "" {
			reason = wrong
		}
		if timed && !at.Before(lake.Earliest) && !at.After(importedAt.Add(lake.Tolerance)) {
			row.PlayedAt = &at
		}
	}
	if reason != "" {
		row.RejectReason, row.Item = &reason, new(identity(at, timed, r.played(), raw))
	}
	return row
}

// endOf parses a ts. It is UTC where it names no zone, as in the description that Spotify sends with an export, or ends in
// " UTC".
func endOf(ts string) (at time.Time, ok bool) {
	if at, ok = instant(ts); ok || ts == "" {
		return at, ok
	}
	return instant(strings.TrimSuffix(strings.TrimSpace(ts), " UTC") + "Z")
}

// columns fills in what the row's fields determine, and returns what is wrong with the time of listening, or "".
func (r *exportRow) columns(row *lake.PlayRow) (wrong string) {
	row.TrackName, row.Album = name(r.trackName), name(r.albumName)
	row.AlbumArtist = name(r.artistName) // the only artist that an export names
	row.Artists, row.ArtistName = row.AlbumArtist, row.AlbumArtist
	row.ReasonStart, row.ReasonEnd = name(r.reasonStart), name(r.reasonEnd)
	row.Shuffle, row.Skipped, row.Offline, row.Incognito = truth(r.shuffle), truth(r.skipped), truth(r.offline), truth(r.incognito)
	if id := r.trackID(); id != "" {
		row.TrackID, row.SpotifyURL = &id, new("https://open.spotify.com/track/"+id)
	}
	if r.msPlayed == nil || string(r.msPlayed) == "null" {
		return noMSPlayed
	}
	if row.MSPlayed, wrong = milliseconds(r.msPlayed); wrong != "" {
		return "ms_played " + wrong
	}
	return ""
}

// reject returns the reason why the row is not a play of a track at a time, or "".
func (r *exportRow) reject(at time.Time, timed bool, importedAt time.Time, file string) string {
	switch {
	case notMusic[r.kind] || r.uri == "" && r.spoken() || isVideo(file):
		return lake.NotMusic
	case !timed && (r.ts == nil || string(r.ts) == "null"):
		return noTS
	case !timed:
		return tsNotATime
	case at.After(importedAt.Add(lake.Tolerance)):
		return tsInFuture
	case at.Before(lake.Earliest):
		return tsTooOld
	case r.kind == "local":
		return lake.LocalFile
	}
	return ""
}

// spoken reports whether the row is of a podcast or an audiobook.
func (r *exportRow) spoken() bool {
	for _, field := range [][]byte{r.episodeURI, r.episodeName, r.episodeShow, r.bookURI, r.bookTitle, r.chapterURI, r.chapter} {
		if unquote(field) != "" {
			return true
		}
	}
	return false
}

// isVideo reports whether a file has videos only. The rows of music videos look like those of tracks.
func isVideo(file string) bool {
	const begin = "streaming_history_video"
	base := path.Base(file)
	return len(base) >= len(begin) && strings.EqualFold(base[:len(begin)], begin)
}

// trackID returns the id in the track's uri, or "". Spotify's ids have letters and digits.
func (r *exportRow) trackID() string {
	if r.kind != "track" {
		return ""
	}
	id := r.uri[len("spotify:track:"):]
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	if len(id) > 100 {
		return ""
	}
	return id
}

// played returns the uri of what was played, or "".
func (r *exportRow) played() string {
	for _, field := range [][]byte{r.trackURI, r.episodeURI, r.chapterURI} {
		if uri := unquote(field); uri != "" {
			return uri
		}
	}
	return ""
}

// name returns a text of the row, nil where it is empty, no text or too long.
func name(field []byte) *string {
	if s := unquote(field); s != "" && len(s) <= maxName {
		return &s
	}
	return nil
}

// decoder splits an element into its fields. It is used again, because an export has hundreds of thousands of rows.
type decoder struct {
	in  *bytes.Reader
	dec *jsontext.Decoder
	out []byte // the raw item
}

var decoders = sync.Pool{New: func() any { return &decoder{in: new(bytes.Reader), dec: new(jsontext.Decoder)} }}

// read fills in the fields and returns the raw item. Of several fields with one name the last one counts. object is false,
// and the raw item is null, where the element is not a JSON object.
func (d *decoder) read(element []byte, r *exportRow) (raw string, object bool) {
	if !utf8.Valid(element) {
		element = []byte(string([]rune(string(element)))) // U+FFFD for each wrong byte
	}
	d.in.Reset(element)
	d.dec.Reset(d.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := d.dec.ReadToken(); err != nil || token.Kind() != '{' {
		return "null", false
	}
	d.out = append(d.out[:0], '{')
	for d.dec.PeekKind() != '}' {
		field, start := (*[]byte)(nil), len(d.out)
		name, err := d.dec.ReadValue()
		if err == nil {
			if field = r.field(name); field != nil {
				if start > 1 {
					d.out = append(d.out, ',')
				}
				d.out = append(append(d.out, name...), ':')
			}
		}
		value, err2 := d.dec.ReadValue()
		if err != nil || err2 != nil {
			*r = exportRow{}
			return "null", false
		}
		if field == nil {
			continue
		}
		if kind := value.Kind(); kind == '{' || kind == '[' { // it has no meaning, and may hide anything
			value = jsontext.Value("null")
		}
		// A later append may move d.out, but not the bytes of this field.
		from := len(d.out)
		d.out = append(d.out, value...)
		*field = d.out[from:len(d.out):len(d.out)]
	}
	d.out = append(d.out, '}')
	return string(d.out), true
}
