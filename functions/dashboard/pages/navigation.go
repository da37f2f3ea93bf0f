package pages

import (
	"slices"
	"strconv"
	"strings"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/insights"
)

// Tab is a link of a navigation.
type Tab struct {
	Name, Link string
	Current    bool
}

// Tabs are the pages of the top bar.
func (r Request) Tabs() []Tab {
	tabs := []Tab{{Name: "Overview", Link: "/"}, {Name: "History", Link: "/history"}, {Name: "Years", Link: "/years"}, {Name: "Sound", Link: "/sound"}, {Name: "Record", Link: "/record"}}
	var list []Tab
	for _, t := range tabs {
		if route, _, _, _ := Find(t.Link); route == nil || route.Private && r.Public {
			continue
		}
		t.Current = r.Path == t.Link || t.Link == "/years" && strings.HasPrefix(r.Path, "/year/") || t.Link == "/history" && strings.HasPrefix(r.Path, "/history/")
		t.Link = r.Link(t.Link)
		list = append(list, t)
	}
	return list
}

// People are the listeners whose pages can be chosen; none where there is only one.
func (r Request) People() []Tab {
	if len(r.Listeners) < 2 {
		return nil
	}
	var list []Tab
	for _, id := range r.Listeners {
		shown := ""
		if id != r.Default {
			shown = id
		}
		list = append(list, Tab{id, r.Link(r.personal(), "listener", shown), id == r.Listener.ID})
	}
	return list
}

// personal returns the path of the page, or of the overview where the page is of an id that other listeners may lack, or
// of an error.
func (r Request) personal() string {
	if r.ID != "" || r.Path == "" {
		return "/"
	}
	return r.Path
}

// shownYears is how many years the period tabs name. The page of all years has the others.
const shownYears = 2

// PeriodTabs are the periods that a page offers, and its own.
func (r Request) PeriodTabs() []Tab {
	var list []Tab
	found := false
	add := func(name, period string) {
		current := period == r.Period.Text
		found = found || current
		list = append(list, Tab{name, r.Link(r.Path, "period", period, "page", "", "by", r.Query.Get("by"), "q", r.Query.Get("q")), current})
	}
	today := r.today()
	add("Week", (today-6).String()+".."+today.String())
	for _, w := range insights.Windows {
		add(periodName(w.Period), w.Period)
	}
	add("All time", insights.PeriodAll)
	years := figures.Years(r.everything())
	for _, year := range years[:min(shownYears, len(years))] {
		add(strconv.Itoa(year), strconv.Itoa(year))
	}
	if !found {
		add(periodName(r.Period.Text), r.Period.Text)
	}
	if len(years) > shownYears {
		list = append(list, Tab{Name: "Years…", Link: r.Link("/years")})
	}
	return list
}

// Pager are the links between the pages of a list. An empty link leads nowhere.
type Pager struct {
	Previous, Next string
	Page, Pages    int
}

// Pager returns the links of a page of a list.
func (r Request) Pager(page, pages int) Pager {
	link := func(to int) string {
		if to < 1 || to > pages {
			return ""
		}
		text := ""
		if to > 1 {
			text = strconv.Itoa(to)
		}
		return r.Link(r.Path, "page", text, "by", r.Query.Get("by"), "q", r.Query.Get("q"))
	}
	return Pager{link(page - 1), link(page + 1), page, pages}
}

// HasFormats reports whether the page exists as JSON too.
func (p view) HasFormats() bool {
	route, _, _, _ := Find(p.Path)
	return route != nil
}

// Formats are the links to the page as JSON and its tables as CSV.
func (p view) Formats() []Tab {
	path := p.Path
	if path == "/" {
		path = "/insights"
	}
	same := []string{"by", p.Query.Get("by"), "page", p.Query.Get("page"), "q", p.Query.Get("q")}
	list := []Tab{{Name: "JSON", Link: p.Link(path+".json", same...)}}
	for i, t := range p.Tables {
		name := t.Name
		if i == 0 {
			name = ""
		}
		list = append(list, Tab{Name: "CSV: " + t.Name, Link: p.Link(path+".csv", append(same, "table", name)...)})
	}
	return list
}

// Longer returns the shortest of the offered windows that has a play, or everything, as a page without plays offers it.
func (r Request) Longer() Tab {
	h, period := r.History, insights.PeriodAll
	for _, w := range slices.Backward(insights.Windows) {
		if n := h.Len(); n > 0 && h.Time(n-1).After(r.asOf().AddDate(0, 0, -w.Days)) {
			period = w.Period
		}
	}
	return Tab{Name: periodName(period), Link: r.Link(r.Path, "period", period)}
}

// LastPlay returns when the last play was; empty before the first play. A public page may not show it.
func (r Request) LastPlay() (text string) {
	if n := r.History.Len(); n > 0 {
		return r.Clock(r.History.Time(n - 1))
	}
	return ""
}
