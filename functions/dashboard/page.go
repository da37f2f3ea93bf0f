package dashboard

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"html/template"
	"math"
	"net/http"
	"net/url"
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
	"known":   known,
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

// page answers with the page, also where there is something wrong to tell: a browser shows no JSON.
func (v *Viewer) page(w http.ResponseWriter, r *http.Request) error {
	view, err := v.View(r.Context(), r.URL.Query())
	if err != nil && !faults.Permanent(err) {
		handler.Logger().WarnContext(r.Context(), "the page cannot be shown", "error", err.Error())
	}
	var content bytes.Buffer
	if err := pageTemplate.Execute(&content, pageOf(view, err)); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	code := http.StatusOK
	if err != nil {
		code = handler.Status(err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = content.WriteTo(w) // a reader who left needs no answer
	return nil
}

// page is what the template shows: a view, or what was wrong with the request.
type page struct {
	*View
	Refusal, Action string
}

func pageOf(view *View, err error) page {
	if err != nil {
		if faults.Permanent(err) {
			return page{Refusal: err.Error(), Action: faults.Action(err)}
		}
		return page{Refusal: "The page cannot be shown right now.", Action: "Try again in a minute; if it stays, the function's log says why."}
	}
	return page{View: view}
}

// Link is the address of this listener's page for another period.
func (p page) Link(period string) string {
	return "/?" + url.Values{"listener": {p.Listener}, "period": {period}}.Encode()
}

// Most is how often the first track was played: the length that bars are measured by.
func (p page) Most() int64 {
	if len(p.TopTracks) == 0 {
		return 0
	}
	return p.TopTracks[0].TimesPlayed
}

// Clock shows a time in the listener's zone.
func (p page) Clock(t time.Time) string { return t.In(p.zone).Format("Mon 2 Jan 2006, 15:04") }

// Hour shows the time of a day in the listener's zone.
func (p page) Hour(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Day is the plays of one of the listener's days.
type Day struct {
	Name  string
	Plays []insights.Recent
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
	return period
}

// known shows a text, or a dash where it is unknown.
func known(s *string) string {
	if s == nil {
		return "–"
	}
	return *s
}

// initial is what stands on a cover's place while there is no cover.
func initial(s *string) string {
	for _, r := range known(s) {
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
