package pages

import (
	"bytes"
	"embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/download"
	"spotify-insights.internal/functions/dashboard/static"
	"spotify-insights.internal/shared/faults"
)

// Page is a page before it is written in a format.
type Page struct {
	Title   string
	Data    any     // the JSON answer, and the data of the template
	Tables  []Table // the CSV answers, the main one first
	Refresh bool    // the page changes soon, and reloads itself
	// Picture makes the page's picture in a format, svg or png; nil where it has none.
	Picture func(format string) ([]byte, error)

	name string // of the template
}

// Table is a table of a page. Rows has a row of cells as long as Header for each row.
type Table struct {
	Name   string
	Header []string
	Rows   func() [][]string
}

// Redirect is the address of another page, which answers instead. It is an error of a page function.
type Redirect struct {
	To        string
	Temporary bool // the address of the request stays valid, as that of a form
}

func (r *Redirect) Error() string { return "the page is at " + r.To }

// In returns the address of the other page in the format of the request.
func (r *Redirect) In(format string) string {
	path, query, found := strings.Cut(r.To, "?")
	if format != "html" {
		path += "." + format
	}
	if found {
		path += "?" + query
	}
	return path
}

//go:embed *.html
var sources embed.FS

// templates are the pages' templates by name. Each contains the layout and the components.
var templates = func() map[string]*template.Template {
	layout := template.Must(template.New("layout").Funcs(functions).ParseFS(sources, "layout.html", "components.html"))
	files, err := sources.ReadDir(".")
	if err != nil {
		panic(err)
	}
	all := map[string]*template.Template{}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".html")
		if name != "layout" && name != "components" {
			all[name] = template.Must(template.Must(layout.Clone()).ParseFS(sources, f.Name()))
		}
	}
	return all
}()

// functions are the functions that every template has besides the methods of its data.
var functions = template.FuncMap{
	"static":   static.Path,
	"number":   number,
	"period":   periodName,
	"datetime": func(t time.Time) string { return t.UTC().Format(time.RFC3339) }, // of the attribute
}

// view is the data of a template: the request and the page.
type view struct {
	Request
	*Page
}

// Name is the name of the page's template.
func (p *Page) Name() string { return p.name }

// HTML returns the page as HTML.
func (p *Page) HTML(r Request) ([]byte, error) {
	var body bytes.Buffer
	if err := templates[p.name].ExecuteTemplate(&body, "layout", view{r, p}); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", p.name, err)
	}
	return body.Bytes(), nil
}

// JSON returns the page's data as JSON.
func (p *Page) JSON() ([]byte, error) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(p.Data); err != nil {
		return nil, fmt.Errorf("encoding %s: %w", p.name, err)
	}
	return body.Bytes(), nil
}

// CSV returns one of the page's tables, the first one where name is empty. The error is a faults.Invalid for a table
// that does not exist.
func (p *Page) CSV(name string) ([]byte, error) {
	var names []string
	for _, t := range p.Tables {
		if names = append(names, t.Name); name != "" && t.Name != name {
			continue
		}
		var body bytes.Buffer
		w := csv.NewWriter(&body)
		_ = w.Write(t.Header) // writing to a buffer does not fail
		for _, row := range t.Rows() {
			for i := range row {
				row[i] = cell(row[i])
			}
			_ = w.Write(row)
		}
		w.Flush()
		return body.Bytes(), nil
	}
	if len(names) == 0 {
		return nil, faults.New(faults.Missing, "Ask for it as JSON: the same address with .json.", "this page has no table")
	}
	return nil, faults.New(faults.Invalid, "Use "+strings.Join(names, ", ")+".", "%s is not a table of this page", faults.Quote(name))
}

// cell returns a text that a spreadsheet does not take for a formula.
func cell(text string) string {
	if download.IsFormula(text) {
		return "'" + text
	}
	return text
}
