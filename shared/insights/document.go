package insights

import (
	"fmt"
	"time"

	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/lake"
)

// PublicPrefix begins the names of all objects that everybody may see.
const PublicPrefix = "public/"

// DocumentName returns the name of the object with a listener's [Document].
func DocumentName(listener string) string { return fmt.Sprintf("insights/listener=%s.json", listener) }

// SnapshotPrefix returns the beginning of the names of a listener's snapshot files, which continue with the attempt
// that wrote them.
func SnapshotPrefix(listener string) string { return fmt.Sprintf("snapshots/listener=%s/", listener) }

// Document is the result of topten for one listener: the snapshot that the dashboard reads, and the status of what
// was loaded. Times are UTC. A public document, below [PublicPrefix], has only Listener, AsOf, Snapshot and
// Previous.
type Document struct {
	Listener string    `json:"listener"`
	AsOf     time.Time `json:"as_of"` // the warehouse's clock; every load with an earlier receipt is included
	Snapshot Snapshot  `json:"snapshot"`
	Previous *Snapshot `json:"previous"` // the previous snapshot, for a reader that finds Snapshot incomplete

	Public   bool       `json:"public"`              // there is a public document too
	TimeZone string     `json:"time_zone,omitempty"` // IANA name; the years of top_ten are years in this zone
	Loaded   *Loaded    `json:"loaded,omitempty"`
	Status   *Warehouse `json:"status,omitempty"`
}

// Snapshot is a listener's history as Parquet files in the insights bucket.
type Snapshot struct {
	AsOf    time.Time `json:"as_of"`
	Listens Files     `json:"listens"` // ordered by played_at, track_id; a public one by day, track_id
	Tracks  Files     `json:"tracks"`  // the tracks of those listens
}

// Files are the Parquet files of one export, sorted by name, and the total number of their rows.
type Files struct {
	Names []string `json:"names"`
	Rows  int64    `json:"rows"`
}

// Loaded describes what a run of topten has read. The next run compares it with the warehouse to find what is new.
type Loaded struct {
	Model    string              `json:"model"`    // a fingerprint of the SQL and schemas that made the tables
	Receipts map[string]Receipts `json:"receipts"` // by month (2006-01) of their oldest play, "" without plays
	Features int64               `json:"features"` // number of receipts of audio features
	// FeaturesAt is when the number of Features last changed, by the warehouse's clock; zero without any.
	FeaturesAt time.Time         `json:"features_at"`
	Objects    int64             `json:"objects"`           // number of loaded objects of the lake
	Exports    map[string]Export `json:"exports,omitempty"` // by the beginning of the names of their objects
	Listens    int64             `json:"listens"`           // number of rows of the table listens
	Closed     Closed            `json:"past"`
}

// Receipts describes the receipts of one month. Both values are only compared for equality.
type Receipts struct {
	Number int64     `json:"number"`
	LastAt time.Time `json:"last_at"` // when the newest one was written
}

// Export is what is loaded of a privacy export.
type Export struct {
	Rows     int64 `json:"rows"`
	Expected int64 `json:"expected"` // rows of its manifest, which is the last object; 0 before that is loaded
}

// Closed is the part of a snapshot's listens that is finished: it is written again only after a play before Until was
// loaded.
type Closed struct {
	Until time.Time `json:"until"`
	Files Files     `json:"files"` // the snapshot contains them too
}

// Warehouse is the status of what was loaded for one listener.
type Warehouse struct {
	LastLoadAt    *time.Time `json:"last_load_at"`
	FetchedAt     *time.Time `json:"fetched_at"`     // of the newest loaded API page
	Rejected      int64      `json:"rejected"`       // distinct items of rejected rows
	FailedObjects int64      `json:"failed_objects"` // objects that could not be loaded
	Gaps          []Gap      `json:"gaps"`           // not closed by an import, oldest first
	ClosedGaps    []Gap      `json:"closed_gaps"`    // closed by an import, oldest first
	Imports       []Import   `json:"imports"`        // newest first
}

// Gap is a time in which plays may have been missed: more than 50 between two ingests.
type Gap struct {
	After  time.Time `json:"after"`
	Before time.Time `json:"before"`
}

// Import is a privacy export that was imported.
type Import struct {
	Zip        string         `json:"zip"`  // hash of the export
	Name       string         `json:"name"` // of the uploaded file
	ImportedAt time.Time      `json:"imported_at"`
	Oldest     *time.Time     `json:"oldest"` // time of the oldest play
	Newest     *time.Time     `json:"newest"` // time of the newest play
	Rows       int64          `json:"rows"`   // of all files
	Loaded     int64          `json:"loaded"` // rows that are loaded; less than Rows while objects are missing
	Files      []ImportedFile `json:"files"`
}

// ImportedFile accounts for every row of one file of an export: Rows = Plays + Duplicates + NotMusic + Rejected.
type ImportedFile struct {
	Name         string             `json:"name"`
	Rows         int64              `json:"rows"`
	Plays        int64              `json:"plays"`      // new when they were imported, also those too short to count
	Duplicates   int64              `json:"duplicates"` // plays that another row of this or an earlier export has
	NotMusic     int64              `json:"not_music"`
	Rejected     int64              `json:"rejected"`
	Error        string             `json:"error,omitempty"` // why the rest of the file was not read, and what to do
	RejectedRows []lake.RejectedRow `json:"rejected_rows,omitempty"`
}

// Problems returns sentences about problems with what was loaded, and what to do. Rejected rows are not a problem:
// they are stored, and each local file is one, because it has no track id.
func (w Warehouse) Problems() []string {
	var problems []string
	if w.FailedObjects > 0 {
		problems = append(problems, counted(w.FailedObjects, "An object", "%d objects")+" of the lake could not be loaded. "+
			advice.Either("The table loads in warehouse.duckdb, in the data folder, says which and why. Stop the server before you open the file. After you delete the row there, the next start loads it again.",
				"The table loads says which and why. After you delete its row there, reconcile loads it again the next day."))
	}
	return append(problems, unread(w.Imports)...)
}

// GapProblem returns a sentence about a listener's open gaps, and what to do; empty without a gap.
func (w Warehouse) GapProblem(listener string) string {
	if len(w.Gaps) == 0 {
		return ""
	}
	return counted(int64(len(w.Gaps)), "There is a time", "There are %d times") + " in which more than 50 plays may have come between two hourly fetches: those beyond 50 may have been missed. " +
		"They are in your Extended streaming history: ask Spotify for it at https://www.spotify.com/account/privacy, and import it with: " + advice.Command("import FILE=my_spotify_data.zip", listener) + "."
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}
