package insights

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/lake"
)

// ImportStatusName returns the name of the object with a listener's [ImportStatus].
func ImportStatusName(listener string) string {
	return fmt.Sprintf("status/import/listener=%s.json", listener)
}

// The values of ImportStatus.Outcome besides [Failed].
const (
	Running  = "running"
	Imported = "imported" // all objects are in the lake; load and topten follow
)

// ImportStatus is the progress or the result of a listener's last import. The importer writes it every few seconds.
// Times are UTC.
type ImportStatus struct {
	Listener   string    `json:"listener"`
	Upload     string    `json:"upload"`            // name of the object in the uploads bucket
	Generation int64     `json:"generation,string"` // of that object
	Name       string    `json:"name"`              // of the uploaded file
	StartedAt  time.Time `json:"started_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	Outcome    string    `json:"outcome"`

	Zip   string              `json:"zip,omitempty"` // hash of the upload, once it is computed
	Size  int64               `json:"size"`          // of the history files, unpacked, in bytes; 0 where unknown
	Read  int64               `json:"read"`          // of Size
	Rows  int64               `json:"rows"`          // read until now
	Files []lake.ManifestFile `json:"files"`         // read until now

	Again  bool   `json:"again"` // an earlier import of the same file was complete, and nothing was written
	Error  string `json:"error,omitempty"`
	Action string `json:"action,omitempty"`
}

// Active reports whether rows of the import are still being read or loaded. imports are those of the listener's
// [Document].
func (s ImportStatus) Active(now time.Time, imports []Import) bool {
	return s.unfinished(imports) && now.Sub(s.UpdatedAt) < stuck
}

func (s ImportStatus) unfinished(imports []Import) bool {
	return s.Outcome == Running || s.Outcome == Imported && !s.loaded(imports)
}

// loaded reports whether all rows of the import are loaded.
func (s ImportStatus) loaded(imports []Import) bool {
	for _, i := range imports {
		if i.Zip == s.Zip {
			return i.Loaded >= i.Rows
		}
	}
	return false
}

// Problems returns sentences about problems with the last import, and what to do.
func (s ImportStatus) Problems(now time.Time, imports []Import) []string {
	name, since := Printable(s.Name), s.UpdatedAt.UTC().Format("2 January 2006 15:04")+" UTC"
	switch {
	case s.Outcome == Failed:
		return []string{strings.TrimSpace("The import of " + name + " failed: " + sentence(s.Error) + " " + Printable(s.Action))}
	case !s.unfinished(imports) || s.Active(now, imports):
		return nil
	case s.Outcome == Running:
		return []string{"The import of " + name + " has been stuck since " + since + ". Look for errors of importer in " + advice.Log() + ", and import the export again."}
	}
	return []string{"The rows of " + name + " have been stored since " + since + ", but not all of them are loaded. " +
		advice.Stuck()}
}

// unread returns a sentence for each file that an import could not read to its end. A later import without such a file
// settles the earlier ones. imports are the newest first.
func unread(imports []Import) (problems []string) {
	for _, i := range imports {
		complete := true
		for _, file := range i.Files {
			if file.Error != "" {
				complete = false
				problems = append(problems, fmt.Sprintf("The file %s of the import %s was read up to row %d: %s",
					Printable(file.Name), Printable(i.Name), file.Rows, sentence(file.Error)))
			}
		}
		if complete {
			break
		}
	}
	return problems
}

// sentence returns a text with a full stop at its end.
func sentence(text string) string { return strings.TrimSuffix(Printable(text), ".") + "." }

// Printable returns a text from an upload without characters that are invisible or change the direction of writing,
// at most 300 characters of it.
func Printable(text string) string {
	runes := []rune(text)
	if len(runes) > 300 {
		runes = append(runes[:300], '…')
	}
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}
