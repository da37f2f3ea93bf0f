package download

import (
	"io"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
)

// blockBytes is the number of bytes from which a block of lines is written.
const blockBytes = 64 << 10

// columns are the names of the columns, in the order in which line writes their values.
var columns = [...]string{
	"played_at", "track_id", "track_name", "artists", "album", "album_artist", "isrc", "ms_played", "ms_measured", "source", "finished",
	"follows_gap", "spotify_url",
}

// CSV writes a private history as CSV in UTF-8: a line of names, then a line for each play. Texts and times are in
// quotation marks and unknown values are empty. Times are RFC 3339 in UTC.
//
// A spreadsheet would compute a text that begins with =, +, -, @, a tab or a carriage return. Such a text gets an
// apostrophe at its beginning, which spreadsheets take for "this is text". JSON and Parquet have the text as it is.
//
// It returns the first error of w.
func CSV(w io.Writer, h *history.History) error {
	f := form{text: appendCell, end: "\n"}
	for i := range columns {
		if i > 0 {
			f.before[i] = ","
		}
	}
	return f.write(w, h, strings.Join(columns[:], ",")+"\n", "")
}

// JSON writes a private history as a JSON array: an object for each play, one a line, with the names and values of CSV.
// Unknown values are null. It returns the first error of w.
func JSON(w io.Writer, h *history.History) error {
	f := form{text: appendString, unknown: "null", between: ",\n", end: "}"}
	for i, name := range columns {
		f.before[i] = `,"` + name + `":`
	}
	f.before[0] = "{" + f.before[0][1:]
	return f.write(w, h, "[\n", "\n]\n")
}

// form is how plays are written as lines of text.
type form struct {
	before       [len(columns)]string                  // what is before the value of a column
	text         func(line []byte, text string) []byte // appends a known text
	unknown      string
	between, end string // what is between two lines, and at the end of each
}

// write writes the plays in blocks.
func (f *form) write(w io.Writer, h *history.History, head, tail string) error {
	if h.Daily {
		return errPublic
	}
	block := append(make([]byte, 0, blockBytes+blockBytes/4), head...)
	for i := range h.Len() {
		if i > 0 {
			block = append(block, f.between...)
		}
		block = f.line(block, playAt(h, i))
		if len(block) >= blockBytes {
			if _, err := w.Write(block); err != nil {
				return err
			}
			block = block[:0]
		}
	}
	_, err := w.Write(append(block, tail...))
	return err
}

// line appends a play.
func (f *form) line(b []byte, p play) []byte {
	column := 0
	next := func(value string) {
		b = append(append(b, f.before[column]...), value...)
		column++
	}
	texts := func(texts ...string) {
		for _, text := range texts {
			if text == "" {
				next(f.unknown)
				continue
			}
			next("")
			b = f.text(b, text)
		}
	}
	next(`"`)
	b = append(time.UnixMicro(p.PlayedAt).UTC().AppendFormat(b, time.RFC3339Nano), '"')
	texts(p.TrackID, p.TrackName, p.Artists, p.Album, p.AlbumArtist, p.ISRC)
	if p.MSPlayed == nil {
		next(f.unknown)
	} else {
		next("")
		b = strconv.AppendInt(b, int64(*p.MSPlayed), 10)
	}
	next(strconv.FormatBool(p.MSMeasured))
	texts(p.Source)
	if p.Finished == nil {
		next(f.unknown)
	} else {
		next(strconv.FormatBool(*p.Finished))
	}
	next(strconv.FormatBool(p.FollowsGap))
	texts(p.SpotifyURL)
	return append(b, f.end...)
}

// IsFormula reports whether a spreadsheet takes a text for a formula. An apostrophe before it prevents that.
func IsFormula(text string) bool { return text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 }

// appendCell appends a text in quotation marks, as RFC 4180 says, that no spreadsheet takes for a formula.
func appendCell(b []byte, text string) []byte {
	b = append(b, '"')
	if IsFormula(text) {
		b = append(b, '\'')
	}
	for part := range strings.SplitAfterSeq(text, `"`) {
		b = append(b, part...)
		if strings.HasSuffix(part, `"`) {
			b = append(b, '"')
		}
	}
	return append(b, '"')
}

// appendString appends a text in UTF-8 as a JSON string.
func appendString(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0 // what is before it is appended
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			b = append(append(b, text[from:i]...), '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			from = i + 1
		}
	}
	return append(append(b, text[from:]...), '"')
}
