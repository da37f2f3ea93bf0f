package insights

import (
	"fmt"
	"strings"
	"time"
	"unicode"

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

// Ended reports whether nothing more is to be expected of the import: it has failed, or its progress has been stuck for
// too long. While it is neither, the page shows its progress.
func (s ImportStatus) Ended(now time.Time) bool {
	return s.Outcome == Failed || now.Sub(s.UpdatedAt) >= stuck
}

// Problems returns sentences about problems with the last import, and what to do. imports are those of the listener's
// [Document].
func (s ImportStatus) Problems(now time.Time, imports []Import) []string {
	name, since := Printable(s.Name), s.UpdatedAt.UTC().Format("2 January 2006 15:04")+" UTC"
	switch {
	case s.Outcome == Failed:
		return []string{strings.TrimSpace("The import of " + name + " failed: " + sentence(s.Error) + " " + Printable(s.Action))}
	case !s.Ended(now):
		return nil
	case s.Outcome == Running:
		return []string{"The import of " + name + " has been stuck since " + since + ". Look for errors in the log of importer, and import the file again: rows that it has read are not written twice."}
	case s.Outcome == Imported && !s.LoadedIn(imports):
		return []string{"The rows of " + name + " are stored, but since " + since + " not all of them are loaded. " +
			"Look for errors in the logs of load and topten. Reconcile retries every day and at each start."}
	}
	return nil
}

// LoadedIn reports whether all rows of the import are among the imports of the listener's [Document].
func (s ImportStatus) LoadedIn(imports []Import) bool {
	for _, i := range imports {
		if i.Zip == s.Zip {
			return i.Loaded >= i.Rows
		}
	}
	return false
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
