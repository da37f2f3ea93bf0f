package dashboard

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"html/template"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var style string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"style":   func() template.CSS { return template.CSS(style) },
	"number":  number,
	"percent": func(part, whole int64) int { return int(math.Round(100 * float64(part) / float64(max(whole, 1)))) },
	"known":   shown,
	"text":    known,
	"initial": initial,
	"hue":     hue,
	"period":  periodName,
	"sound":   sound,
}).Parse(pageHTML))

// policy lets the page load covers from Spotify's image hosts and nothing else from anywhere; its one
// style sheet is known by its hash.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"img-src https://*.scdn.co https://*.spotifycdn.com; " +
		"style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// pageHeaders sets the headers that every page has.
func pageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
}

func renderPage(view *View) (*answer, error) {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, page{View: view}); err != nil {
		return nil, fmt.Errorf("making the page: %w", err)
	}
	return newAnswer("text/html; charset=utf-8", body.Bytes()), nil
}

// refuse answers with a page that says what is wrong: a browser shows no JSON.
func refuse(w http.ResponseWriter, r *http.Request, err error) error {
	p := page{Refusal: "The page cannot be shown right now.", Action: "Try again in a minute. If that does not help, the function's log says why."}
	if faults.Permanent(err) {
		p.Refusal, p.Action = err.Error(), faults.Action(err)
	} else {
		slog.WarnContext(r.Context(), "the page cannot be shown", "error", err.Error())
	}
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(handler.Status(err))
	_, _ = body.WriteTo(w) // a reader who left needs no answer
	return nil
}

// page is what the template shows: a view, or what was wrong with the request.
type page struct {
	*View
	Refusal, Action string
}

// Link is the address of this listener's page for another period.
func (p page) Link(period string) string {
	return "/?" + url.Values{"listener": {p.Listener}, "period": {period}}.Encode()
}

// Offered are the periods of the view, with its own where that is another one.
func (p page) Offered() []string {
	if slices.Contains(p.Periods, p.Period) {
		return p.Periods
	}
	return append(slices.Clone(p.Periods), p.Period)
}

// Clock shows a time in the listener's zone.
func (p page) Clock(t time.Time) string { return t.In(p.zone).Format("Mon 2 Jan 2006, 15:04") }

// Hour shows the time of a day in the listener's zone.
func (p page) Hour(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Day is the plays of one of the listener's days.
type Day struct {
	Name  string
	Plays []Recent
}

// Days are the latest plays by the listener's day, newest first.
func (p page) Days() (days []Day) {
	for _, play := range p.Recent {
		name := play.PlayedAt.In(p.zone).Format("Mon 2 Jan 2006")
		if len(days) == 0 || days[len(days)-1].Name != name {
			days = append(days, Day{Name: name})
		}
		last := &days[len(days)-1]
		last.Plays = append(last.Plays, play)
	}
	return days
}

// Instant shows a time that may be unknown.
func (p page) Instant(t *time.Time) string {
	if t == nil {
		return "not yet"
	}
	return p.Clock(*t)
}

// Private reports whether the page has recent plays, times and how the pipeline does.
func (p page) Private() bool { return p.private }

// Failed reports whether the last ingest failed.
func (p page) Failed() bool { return p.failed }

// periodName is a period in words.
func periodName(period string) string {
	switch period {
	case "4w":
		return "4 weeks"
	case "6m":
		return "6 months"
	case "1y":
		return "1 year"
	case insights.PeriodAll:
		return "All time"
	}
	if from, to, ok := strings.Cut(period, ".."); ok {
		return periodName(from) + " – " + periodName(to)
	}
	if day, err := time.Parse(time.DateOnly, period); err == nil {
		return day.Format("2 Jan 2006")
	}
	if month, err := time.Parse("2006-01", period); err == nil {
		return month.Format("January 2006")
	}
	return period
}

// shown shows a text, or a dash where it is unknown.
func shown(s *string) string {
	if s == nil {
		return "–"
	}
	return *s
}

// initial is what stands on a cover's place while there is no cover.
func initial(s *string) string {
	for _, r := range shown(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "♪"
}

// hue gives a track one of the colours of the style sheet, always the same.
func hue(id string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32() % 8
}

// number shows a count with thin spaces between thousands.
func number(v any) string {
	var digits string
	switch v := v.(type) {
	case int64:
		digits = fmt.Sprint(v)
	case float64:
		digits = fmt.Sprintf("%.0f", v)
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return b.String()
}
