package browser

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"spotify-insights.internal/functions/dashboard/pages"
)

// found is what a walk over the links of a site found.
type found struct {
	pages []page
	links []link // of all pages, each once; those of one form up to a bound
}

// page is a page of HTML.
type page struct {
	path string // with its query
	form string
	root *html.Node
	text string // the source
}

// link is a link of the own origin, and the page where it was found first.
type link struct {
	path, form, from string
	status           int
	kind             string // media type of the answer
}

// asked is how many addresses of one form a walk asks for.
const asked = 24

// opened returns how many of them it opens as pages. It opens the tracks with hostile names, and another one.
func opened(form string) int {
	if strings.HasPrefix(form, "/track/") {
		return len(hostile) + 1
	}
	return 3
}

// sought is what a walk searches for.
const sought = "alert"

// walk opens the pages of a site from its first page.
func walk(address string) (f found, err error) {
	queue := []link{{path: "/", form: "/"}}
	seen := map[string]bool{"/": true}
	count := map[string]int{}
	for len(queue) > 0 {
		l := queue[0]
		queue = queue[1:]
		if count[l.form]++; count[l.form] > asked {
			continue
		}
		var text string
		if l.status, l.kind, text, err = get(address + l.path); err != nil {
			return f, fmt.Errorf("opening %s, a link of %s: %w", l.path, l.from, err)
		}
		f.links = append(f.links, l)
		if !strings.HasPrefix(l.kind, "text/html") || l.status != 200 || count[l.form] > opened(l.form) {
			continue
		}
		root, err := html.Parse(strings.NewReader(text))
		if err != nil {
			return f, fmt.Errorf("reading %s: %w", l.path, err)
		}
		f.pages = append(f.pages, page{l.path, l.form, root, text})
		for _, to := range targets(root) {
			if path, ok := local(l.path, to); ok && !seen[path] {
				seen[path] = true
				queue = append(queue, link{path: path, form: formOf(path), from: l.path})
			}
		}
	}
	return f, nil
}

// targets returns the addresses that a page leads to: links, files, and forms that were filled in.
func targets(root *html.Node) (list []string) {
	for n := range root.Descendants() {
		switch n.Data {
		case "a", "link":
			list = append(list, attribute(n, "href"))
		case "script":
			list = append(list, attribute(n, "src"))
		case "form":
			if method := attribute(n, "method"); method == "" || strings.EqualFold(method, "get") {
				list = append(list, filled(n))
			}
		}
	}
	return list
}

// filled returns the address of a form as a browser sends it, where the empty fields for text contain what is sought.
func filled(form *html.Node) string {
	query := url.Values{}
	for n := range form.Descendants() {
		if name := attribute(n, "name"); n.Data == "input" && name != "" {
			value := attribute(n, "value")
			if kind := attribute(n, "type"); value == "" && (kind == "search" || kind == "text") {
				value = sought
			}
			query.Set(name, value)
		}
	}
	return attribute(form, "action") + "?" + query.Encode()
}

// local returns the path and query of a target of the own origin.
func local(from, to string) (string, bool) {
	base, err := url.Parse(from)
	if err != nil || to == "" {
		return "", false
	}
	target, err := base.Parse(to)
	if err != nil || target.Host != "" || target.Scheme != "" {
		return "", false
	}
	target.Fragment = ""
	return target.String(), true
}

var digits = regexp.MustCompile(`[0-9]`)

// formOf returns what addresses of the same kind of page have in common: the route, the shape of a date, the format,
// whether the listener is another one, and whether it is a further page of a list.
func formOf(path string) string {
	address, err := url.Parse(path)
	if err != nil {
		return path
	}
	route, _, id, format := pages.Find(address.Path)
	if route == nil {
		folder, _, _ := strings.Cut(strings.TrimPrefix(address.Path, "/"), "/")
		return "/" + folder + " without a route"
	}
	form := route.Path
	if strings.HasPrefix(form, "/history") || strings.HasPrefix(form, "/year") {
		form += digits.ReplaceAllString(id, "0")
	}
	if format != "html" {
		form += "." + format
	}
	for _, name := range []string{"listener", "page"} {
		if address.Query().Has(name) {
			form += " " + name
		}
	}
	return form
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// firsts returns the first page of each form. Where an item follows the route, its name is hostile.
func (f found) firsts() []page {
	var list []page
	for i, p := range f.pages {
		if !slices.ContainsFunc(f.pages[:i], func(other page) bool { return other.form == p.form }) {
			list = append(list, p)
		}
	}
	return list
}
