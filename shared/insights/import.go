package insights

import (
	"fmt"
	"time"

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
