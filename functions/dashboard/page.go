package dashboard

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var style string

var pageTemplate = template.Must(template.New("").Funcs(template.FuncMap{
	"style":   func() template.CSS { return template.CSS(style) },
	"number":  number,
	"percent": func(part, whole int64) int { return int(math.Round(100 * float64(part) / float64(max(whole, 1)))) },
	"orDash":  orDash,
	"initial": initial,
	"hue":     hue,
	"period":  periodName,
}).Parse(pageHTML)).Lookup("page")

// policy lets the page load covers from Spotify's image hosts and nothing else. The hash of the style sheet
// allows it, and no other style. A form may be sent to this origin only, and only where the page has one.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; " +
		"img-src https://*.scdn.co https://*.spotifycdn.com; " +
		"style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// page is the template's data: a view, or an error of the request.
type page struct {
	*View
	Refusal, Action string
}

func (p page) render() (*bytes.Buffer, error) {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		return nil, fmt.Errorf("rendering the page: %w", err)
	}
	return &body, nil
}

// pageHeaders sets the headers that every page has. A page with a form is a referrer for its own origin, because a
// browser sends the Origin header of a form without any referrer as null.
func pageHeaders(h http.Header, form bool) {
	forms, referrer := "form-action 'none'", "no-referrer"
	if form {
		forms, referrer = "form-action 'self'", "same-origin"
	}
	h.Set("Content-Security-Policy", policy+"; "+forms)
	h.Set("Referrer-Policy", referrer)
}

func renderPage(r request) (*answer, error) {
	p := page{View: viewOf(r)}
	body, err := p.render()
	if err != nil {
		return nil, err
	}
	a := newAnswer("text/html; charset=utf-8", body.Bytes())
	a.form = p.Form
	return a, nil
}

// refuse answers with an error as a page, because a browser shows no JSON.
func refuse(w http.ResponseWriter, r *http.Request, err error) error {
	p := page{Refusal: "The page cannot be shown right now.", Action: "Reload it in a minute. If the error stays, look into the function's log."}
	if faults.Permanent(err) {
		p.Refusal, p.Action = err.Error(), faults.Action(err)
	} else {
		slog.WarnContext(r.Context(), "the page cannot be shown", "error", err.Error())
	}
	body, failed := p.render()
	if failed != nil {
		return failed
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(handler.Status(err))
	_, _ = body.WriteTo(w) // the caller may have hung up
	return nil
}

// Link is the address of this listener's page for another period.
func (p page) Link(period string) string {
	return "/?" + url.Values{"listener": {p.Listener}, "period": {period}}.Encode()
}

// Offered are the periods that the page links to, and its own period.
func (p page) Offered() []string {
	if slices.Contains(p.Periods, p.Period) {
		return p.Periods
	}
	return append(slices.Clone(p.Periods), p.Period)
}

// Clock formats a time in the listener's zone.
func (p page) Clock(t time.Time) string { return t.In(p.zone).Format("Mon 2 Jan 2006, 15:04") }

// Hour formats the time of day in the listener's zone.
func (p page) Hour(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Instant formats a time that may be unknown.
func (p page) Instant(t *time.Time) string {
	if t == nil {
		return "not yet"
	}
	return p.Clock(*t)
}

// periodName returns a period in words.
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

// number formats a number with thin spaces between thousands.
func number(v any) string {
	digits := fmt.Sprint(v)
	if f, ok := v.(float64); ok {
		digits = fmt.Sprintf("%.0f", f)
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
