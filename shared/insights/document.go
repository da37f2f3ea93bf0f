package insights

import (
	"fmt"
	"time"
)

// PublicPrefix begins the names of all objects that anybody may see.
const PublicPrefix = "public/"

// DocumentName is the object that holds a listener's [Document].
func DocumentName(listener string) string { return fmt.Sprintf("insights/listener=%s.json", listener) }

// SnapshotPrefix begins the names of a listener's snapshot files; the attempt that wrote them follows.
func SnapshotPrefix(listener string) string { return fmt.Sprintf("snapshots/listener=%s/", listener) }

// Document says what topten has made for one listener: which snapshot the pages read, and the status of
// what was loaded. Times are UTC. A public document, below [PublicPrefix], has Listener, AsOf, Snapshot
// and Previous alone.
type Document struct {
	Listener string    `json:"listener"`
	AsOf     time.Time `json:"as_of"` // the warehouse's clock; every load recorded before it is included
	Snapshot Snapshot  `json:"snapshot"`
	Previous *Snapshot `json:"previous"` // the snapshot before, for a reader that finds Snapshot incomplete

	Public   bool       `json:"public"`              // whether there is a public document too
	TimeZone string     `json:"time_zone,omitempty"` // IANA name by which the years of top_ten were divided
	Loaded   *Loaded    `json:"loaded,omitempty"`
	Status   *Warehouse `json:"status,omitempty"`
}

// Snapshot is a listener's history as Parquet files in the insights bucket.
type Snapshot struct {
	AsOf    time.Time `json:"as_of"`
	Listens Files     `json:"listens"` // ordered by played_at, track_id; a public one by day, track_id
	Tracks  Files     `json:"tracks"`  // the tracks of those listens
}

// Files are the Parquet files of one export, sorted by name, and the number of rows in all of them.
type Files struct {
	Names []string `json:"names"`
	Rows  int64    `json:"rows"`
}

// Loaded is what a run of topten has read. The next run compares it with the warehouse to find what is new.
type Loaded struct {
	Model    string              `json:"model"`    // a fingerprint of the SQL and schemas that made the tables
	Receipts map[string]Receipts `json:"receipts"` // by month (2006-01) of their oldest play, "" without plays
	Features int64               `json:"features"` // number of receipts of audio features
	// FeaturesAt is when the number of Features was another for the last time, on the warehouse's clock; zero without any.
	FeaturesAt time.Time `json:"features_at"`
	Objects    int64     `json:"objects"` // of the lake that were loaded
	Listens    int64     `json:"listens"` // rows of the table listens
	Past       Past      `json:"past"`
}

// Receipts are the receipts of one month. Both values are compared for equality alone.
type Receipts struct {
	Number int64     `json:"number"`
	LastAt time.Time `json:"last_at"` // when the last one was written
}

// Past is the part of a snapshot's listens that is written again only when a play before Until is loaded.
type Past struct {
	Until time.Time `json:"until"`
	Files Files     `json:"files"` // also among those of the snapshot
}

// Warehouse is the status of what was loaded for one listener.
type Warehouse struct {
	LastLoadAt    *time.Time `json:"last_load_at"`
	FetchedAt     *time.Time `json:"fetched_at"`     // of the newest page that is loaded
	Rejected      int64      `json:"rejected"`       // distinct items that could not be read as plays
	FailedObjects int64      `json:"failed_objects"` // objects that could not be loaded
	Gaps          []Gap      `json:"gaps"`           // that no import closes, oldest first
	Imports       []Import   `json:"imports"`        // newest first
}

// Gap is a time in which plays may have been missed: more than 50 between two ingests.
type Gap struct {
	After  time.Time `json:"after"`
	Before time.Time `json:"before"`
}

// Import is a privacy export that was imported.
type Import struct {
	Zip        string     `json:"zip"` // hash
	ImportedAt time.Time  `json:"imported_at"`
	Oldest     *time.Time `json:"oldest"` // play
	Newest     *time.Time `json:"newest"`
	Rows       int64      `json:"rows"`
}

// Problems are sentences that say what is wrong with what was loaded and what to do. Rejected rows are
// not a problem: they are kept, and a local file, which has no track id, is one.
func (w Warehouse) Problems() []string {
	var problems []string
	if n := len(w.Gaps); n > 0 {
		problems = append(problems, fmt.Sprintf("%s in which more than 50 plays may have come between two ingests: those beyond 50 may have been missed. "+
			"They are in your extended streaming history: ask Spotify for it at https://www.spotify.com/account/privacy.", counted(int64(n), "There is a time", "There are %d times")))
	}
	if w.FailedObjects > 0 {
		problems = append(problems, counted(w.FailedObjects, "An object", "%d objects")+" of the lake could not be loaded. The table loads names it with the reason; once its row there is deleted, reconcile (and each start) tries it again.")
	}
	return problems
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}
