package dashboard

import (
	"fmt"
	"net/url"

	"spotify-insights.internal/shared/insights"
)

// shownImports is how many finished imports the page shows. The answer of /record.json has all.
const shownImports = 5

// importLines returns a line for the import that is active, and one for each of the latest imports.
func importLines(r request) (lines []string) {
	if s := r.status.imported; r.active {
		format := "Importing %s: %s rows read"
		if s.Outcome != insights.Running {
			format = "Loading %s: %s rows read"
		}
		lines = append(lines, fmt.Sprintf(format, insights.Printable(s.Name), number(s.Rows)))
	}
	imports := r.loaded().Imports // newest first
	for _, i := range imports[:min(len(imports), shownImports)] {
		if i.Loaded < i.Rows {
			continue // not all is accounted for
		}
		var plays, duplicates, notMusic, rejected int64
		for _, f := range i.Files {
			plays, duplicates, notMusic, rejected = plays+f.Plays, duplicates+f.Duplicates, notMusic+f.NotMusic, rejected+f.Rejected
		}
		lines = append(lines, fmt.Sprintf("Imported %s: %s plays, %s duplicates, %s not music, %s rejected",
			insights.Printable(i.Name), number(plays), number(duplicates), number(notMusic), number(rejected)))
	}
	return lines
}

// Upload is the address that the form sends a file to.
func (p page) Upload() string { return "/import?" + url.Values{"listener": {p.Listener}}.Encode() }
