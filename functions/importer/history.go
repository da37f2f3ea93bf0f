package importer

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxRow is the largest size of one row of a file, in bytes. Spotify's rows have less than 2,000.
const maxRow = 1 << 20

// The reasons why a file, or the rest of it, cannot be read.
var (
	errNested    = errors.New("it is a zip file inside the zip file. Unpack it, and import what is in it by itself")
	errEncrypted = errors.New("it is protected by a password. Unpack the zip file with the password, and import a zip file without one")
	errShort     = errors.New(`it is the short form ("Account data"), which has no track ids and only one year. ` + howToAsk)
	errNoHistory = errors.New("it is not a streaming history, although its name is that of one")
	errEmpty     = errors.New("it is empty")
	errTrailing  = errors.New("something follows the end of the list")
	errTooLarge  = fmt.Errorf("it is larger than %d KB", maxRow>>10)
	errTooMuch   = fmt.Errorf("the files have more than %d GB unpacked. Import the JSON files one by one", maxUnpacked>>30)
)

// elements reads the elements of a JSON array one by one. Its memory does not grow with the file.
type elements struct {
	in     *budget
	dec    *jsontext.Decoder
	inside bool
}

// newElements reads UTF-8 and UTF-16, with or without a byte-order mark.
func newElements(r io.Reader) *elements {
	text := bufio.NewReader(r)
	var unmarked transform.Transformer = transform.Nop // the encoding without a mark
	switch head, _ := text.Peek(2); string(head) {
	case "[\x00":
		unmarked = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
	case "\x00[":
		unmarked = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()
	}
	in := &budget{r: withoutNUL{transform.NewReader(text, unicode.BOMOverride(unmarked))}}
	return &elements{in: in, dec: jsontext.NewDecoder(in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

// next returns the next element, which is valid until the next call, or [io.EOF] at the end of the file.
func (e *elements) next() (jsontext.Value, error) {
	e.in.left = 2 * maxRow // what the decoder reads ahead is included
	if !e.inside {
		token, err := e.dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil, errEmpty
		}
		if err != nil {
			return nil, err
		}
		if token.Kind() != '[' {
			return nil, errNoHistory
		}
		e.inside = true
	}
	if e.dec.PeekKind() == ']' {
		if _, err := e.dec.ReadToken(); err != nil {
			return nil, err
		}
		if _, err := e.dec.ReadToken(); err == nil {
			return nil, errTrailing
		} else if syntax := (*jsontext.SyntacticError)(nil); errors.As(err, &syntax) {
			return nil, errTrailing
		} else {
			return nil, err // the end, or a wrong checksum
		}
	}
	value, err := e.dec.ReadValue()
	if err == nil && len(value) > maxRow {
		err = errTooLarge
	}
	return value, err
}

// explain returns why a file cannot be read from a row on. It has nothing of the file's content.
func explain(err error, row int) string {
	var why string
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, errNested), errors.Is(err, errEncrypted), errors.Is(err, errShort), errors.Is(err, errNoHistory), errors.Is(err, errEmpty):
		return err.Error()
	case errors.Is(err, errTooLarge):
		why = errTooLarge.Error()
	case errors.Is(err, errTooMuch):
		why = errTooMuch.Error()
	case errors.Is(err, errTrailing):
		why = errTrailing.Error()
	case errors.Is(err, zip.ErrAlgorithm):
		return "it is compressed in a way that this program does not know. Unpack the zip file, and import a new one of the same files"
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat):
		why = "the zip file is damaged here. Download the export again"
	case errors.Is(err, io.ErrUnexpectedEOF):
		why = "the file ends in the middle. Download the export again"
	case errors.As(err, &syntax):
		why = fmt.Sprintf("it is not valid JSON at byte %d of the file. Download the export again", syntax.ByteOffset)
	default: // of the decompressor
		why = "the zip file is damaged here. Download the export again"
	}
	return fmt.Sprintf("row %d (the first is 0) cannot be read: %s", row, why)
}

// form is what a file contains.
type form int

const (
	other    form = iota
	extended      // a streaming history
	short         // the one in "Account data"
)

// formOf returns the form of the file that contains an element.
func formOf(element []byte) form {
	d := jsontext.NewDecoder(bytes.NewReader(element), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return other
	}
	has := map[string]bool{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			break
		}
		has[name.String()] = true
		if d.SkipValue() != nil {
			break
		}
	}
	switch {
	case has["ts"] && (has["ms_played"] || has["spotify_track_uri"]):
		return extended
	case has["endTime"] && has["msPlayed"]:
		return short
	}
	return other
}

// budget ends a read where one element is too large.
type budget struct {
	r    io.Reader
	left int
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}

// withoutNUL leaves out bytes that are 0, which no text has.
type withoutNUL struct{ r io.Reader }

func (w withoutNUL) Read(p []byte) (int, error) {
	for {
		n, err := w.r.Read(p)
		kept := n
		if bytes.IndexByte(p[:n], 0) >= 0 {
			kept = copy(p, bytes.ReplaceAll(p[:n], []byte{0}, nil))
		}
		if kept > 0 || n == 0 || err != nil {
			return kept, err
		}
	}
}
