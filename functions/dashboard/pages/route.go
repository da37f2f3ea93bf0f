package pages

import (
	"strings"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Route is the address of a page and the function that makes it.
type Route struct {
	Path    string // where it ends with a slash, an id follows
	Private bool   // not on a public page
	Make    func(Request) (*Page, error)
}

// Routes are all pages.
var Routes = []Route{
	{Path: "/", Make: overview},
	{Path: "/artists", Make: list(figures.Artists)},
	{Path: "/albums", Make: list(figures.Albums)},
	{Path: "/tracks", Make: list(figures.Tracks)},
	{Path: "/search", Make: search},
	{Path: "/history", Private: true, Make: wholeHistory},
	{Path: "/history/", Private: true, Make: historySpan},
	{Path: "/sound", Make: sound},
	{Path: "/rules", Private: true, Make: rules},
	{Path: "/artist/", Make: item(figures.Artists)},
	{Path: "/album/", Make: item(figures.Albums)},
	{Path: "/track/", Make: item(figures.Tracks)},
	{Path: "/years", Make: years},
	{Path: "/year/", Make: year},
	{Path: "/record", Private: true, Make: record},
}

// Formats are the endings of an address by format.
var Formats = []string{"json", "csv", "svg", "png"}

// Find returns the route of an address, the id in it, and its format; "html" where it has no ending. The overview's
// numbers are at /insights.json.
func Find(address string) (route *Route, path, id, format string) {
	path, format = address, "html"
	for _, f := range Formats {
		if before, ok := strings.CutSuffix(address, "."+f); ok {
			path, format = before, f
		}
	}
	if path == "/insights" && format != "html" {
		path = "/"
	}
	for i := range Routes {
		if Routes[i].Path == path {
			return &Routes[i], path, "", format
		}
		if rest, ok := strings.CutPrefix(path, Routes[i].Path); ok && strings.HasSuffix(Routes[i].Path, "/") && Routes[i].Path != "/" && rest != "" && !strings.Contains(rest, "/") {
			return &Routes[i], path, rest, format
		}
	}
	return nil, path, "", format
}

// Known reports whether an address can be one of a page, in a format, or of a download. The dashboard may still refuse it.
func Known(address string) bool {
	route, _, _, _ := Find(address)
	return route != nil || strings.HasPrefix(address, DownloadPath)
}
