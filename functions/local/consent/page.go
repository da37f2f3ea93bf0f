package consent

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"time"
	"unicode"
	"unicode/utf8"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
)

// style has the colours of the dashboard. This port serves no other file, so the page contains it.
const style = `body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;box-sizing:border-box;font:1rem/1.5 system-ui,sans-serif;` +
	`color-scheme:light dark;background:light-dark(#f6f5f2,#121118);color:light-dark(#1b1a22,#eceaf4)}` +
	`main{max-width:34rem;padding:24px;border-radius:12px;background:light-dark(#fff,#1b1a23);overflow-wrap:anywhere}` +
	`h1{margin:0 0 12px;font-size:1.625rem;line-height:1.2}p{margin:0 0 12px}` +
	`a{display:inline-block;padding:10px 20px;border-radius:8px;background:light-dark(#4a3fcf,#aba4ff);color:light-dark(#fff,#14121f);font-weight:600;text-decoration:none}` +
	`a:focus-visible{outline:2px solid light-dark(#4a3fcf,#aba4ff);outline-offset:2px}`

// policy lets the page have its own style, and nothing else.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// reply is what the page says at the end of a flow, or about an answer that belongs to no flow.
type reply struct {
	Flow *Flow
	Ends time.Time
	Err  error
}

func (r reply) Style() template.CSS { return style }

func (r reply) Title() string {
	if r.Err != nil {
		return "Not connected"
	}
	return "Thank you"
}

func (r reply) Lines() []string {
	if r.Err == nil {
		return []string{Connected(r.Flow.Listener, r.Ends), r.Flow.Next}
	}
	first, size := utf8.DecodeRuneInString(r.Err.Error())
	return []string{string(unicode.ToUpper(first)) + r.Err.Error()[size:] + ".", faults.Action(r.Err)}
}

func (r reply) Link() string {
	if r.Flow == nil {
		return ""
	}
	return r.Flow.Page
}

func (r reply) LinkText() string {
	if r.Err != nil {
		return "Back"
	}
	return "Continue"
}

// Connected says that a listener is connected, and until when.
func Connected(listener string, ends time.Time) string {
	return "Connected as listener " + listener + ". The consent lasts until " + ends.Format("2 January 2006") + "."
}

func writePage(w http.ResponseWriter, r reply) {
	var body bytes.Buffer
	if err := page.Execute(&body, r); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer") // the address of this page has the code
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Err != nil {
		w.WriteHeader(handler.Status(r.Err))
	}
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}
