package pages

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// Import accounts for every entry of an imported export.
type Import struct {
	Name       string       `json:"name"`
	ImportedAt time.Time    `json:"imported_at"`
	Oldest     *time.Time   `json:"oldest"`
	Newest     *time.Time   `json:"newest"`
	Rows       int64        `json:"rows"`
	Loaded     int64        `json:"loaded"` // less than Rows while not all are added
	Files      []ImportFile `json:"files"`
}

// ImportFile accounts for every entry of one file: Rows = Plays + Duplicates + NotMusic + Rejected.
type ImportFile struct {
	Name         string             `json:"name"`
	Rows         int64              `json:"rows"`
	Plays        int64              `json:"plays"`
	Duplicates   int64              `json:"duplicates"`
	NotMusic     int64              `json:"not_music"`
	Rejected     int64              `json:"rejected"`
	Error        *string            `json:"error"` // why the rest of the file was not read
	RejectedRows []lake.RejectedRow `json:"rejected_rows"`
}

func importOf(i insights.Import) Import {
	out := Import{Name: i.Name, ImportedAt: i.ImportedAt, Oldest: i.Oldest, Newest: i.Newest, Rows: i.Rows, Loaded: i.Loaded, Files: []ImportFile{}}
	for _, f := range i.Files {
		out.Files = append(out.Files, ImportFile{
			Name: f.Name, Rows: f.Rows, Plays: f.Plays, Duplicates: f.Duplicates, NotMusic: f.NotMusic, Rejected: f.Rejected,
			Error: optional(f.Error), RejectedRows: append([]lake.RejectedRow{}, f.RejectedRows...),
		})
	}
	return out
}

// How much of the imports the page shows. The answers in JSON and CSV have all.
const (
	shownImports  = 5
	shownFiles    = 40 // of an import
	shownRejected = 20 // entries of an import
)

// Account is an import as the page shows it.
type Account struct {
	Name, Title, Dates string
	Columns            []string   // of Files
	Files              [][]string // the name and the numbers of each file
	MoreFiles          int
	Rejected           []string // "FILE, entry 4: reason"
	AllRejected        int64
}

// Accounts are the latest imports whose plays are all added.
func (d *Record) Accounts() (list []Account) {
	r := d.request
	for _, i := range d.Imports {
		if i.Loaded < i.Rows || len(list) == shownImports {
			continue
		}
		a := Account{Name: printable(i.Name), Columns: []string{"File", "Entries", "Plays", "Duplicates", "Not music", "Rejected"}}
		if slices.ContainsFunc(i.Files, func(f ImportFile) bool { return f.Error != nil }) {
			a.Columns = append(a.Columns, "Error")
		}
		var sum ImportFile
		for n, f := range i.Files {
			sum.Plays, sum.Duplicates, sum.NotMusic, sum.Rejected = sum.Plays+f.Plays, sum.Duplicates+f.Duplicates, sum.NotMusic+f.NotMusic, sum.Rejected+f.Rejected
			if n < shownFiles {
				cells := []string{printable(f.Name), number(f.Rows), number(f.Plays), number(f.Duplicates), number(f.NotMusic), number(f.Rejected), insights.Printable(f.reason())}
				a.Files = append(a.Files, cells[:len(a.Columns)])
			}
			for _, entry := range f.RejectedRows {
				if len(a.Rejected) < shownRejected {
					a.Rejected = append(a.Rejected, fmt.Sprintf("%s, entry %s: %s", printable(f.Name), number(entry.Index+1), insights.Printable(entry.Reason)))
				}
			}
		}
		a.MoreFiles, a.AllRejected = max(0, len(i.Files)-shownFiles), sum.Rejected
		a.Title = fmt.Sprintf("%s, %s, %s not music, %s rejected", counted(int(sum.Plays), "play", "plays"), counted(int(sum.Duplicates), "duplicate", "duplicates"), number(sum.NotMusic), number(sum.Rejected))
		a.Dates = "Imported on " + r.Day(i.ImportedAt)
		if i.Oldest != nil && i.Newest != nil {
			a.Dates += fmt.Sprintf(". Its plays are from %s to %s", r.Day(*i.Oldest), r.Day(*i.Newest))
		}
		list = append(list, a)
	}
	return list
}

// printable returns the name of a file as something to see.
func printable(name string) string { return dash(insights.Printable(name)) }

// reason returns why the rest of a file was not read; empty where all of it was.
func (f ImportFile) reason() string {
	if f.Error == nil {
		return ""
	}
	return *f.Error
}

// Progress is how far an import is.
type Progress struct {
	Text    string
	Percent int // of the export that is read; 0 where its size is unknown
}

// Importing returns the progress of the import that runs; nil where none does.
func (d *Record) Importing() *Progress {
	s := d.request.Imported
	if !d.request.Active {
		return nil
	}
	read := counted(int(s.Rows), "entry", "entries") + " read"
	if s.Outcome != insights.Running {
		return &Progress{fmt.Sprintf("Adding the plays of %s: %s. They appear in a minute.", printable(s.Name), read), 100}
	}
	p := &Progress{Text: fmt.Sprintf("Importing %s: %s.", printable(s.Name), read)}
	if s.Size > 0 {
		p.Percent = int(100 * min(s.Read, s.Size) / s.Size)
	}
	return p
}

// Again says that the last upload brought nothing new; empty where it did, or where there was none.
func (d *Record) Again() string {
	if s := d.request.Imported; s.Again && !d.request.Active {
		return printable(s.Name) + " was imported before. Nothing was added twice."
	}
	return ""
}

// Form reports whether the page has the field for an upload. A page that reloads itself would forget the chosen file.
func (d *Record) Form() bool { return d.request.Local && !d.request.Active }

// Upload is the address that the form sends a file to.
func (d *Record) Upload() string {
	return "/import?" + url.Values{"listener": {d.Listener}}.Encode()
}

func (d *Record) fileTable() Table {
	header := []string{"import", "imported_at", "file", "entries", "plays", "duplicates", "not_music", "rejected", "error"}
	return Table{"files", header, func() [][]string {
		var list [][]string
		for _, i := range d.Imports {
			for _, f := range i.Files {
				cells := []string{i.Name, i.ImportedAt.UTC().Format(time.RFC3339), f.Name}
				for _, n := range []int64{f.Rows, f.Plays, f.Duplicates, f.NotMusic, f.Rejected} {
					cells = append(cells, strconv.FormatInt(n, 10))
				}
				list = append(list, append(cells, f.reason()))
			}
		}
		return list
	}}
}
