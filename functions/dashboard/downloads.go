package dashboard

import (
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/download"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/pages"
)

// downloads are the formats of a whole history as one file.
var downloads = map[string]struct {
	contentType string
	write       func(io.Writer, *history.History) error
}{
	"csv":     {"text/csv; charset=utf-8", download.CSV},
	"json":    {"application/json; charset=utf-8", download.JSON},
	"parquet": {"application/vnd.apache.parquet", download.Parquet},
}

// download sends a whole history as one file. ok is false for an address that is none of a private page.
func (v *Viewer) download(w http.ResponseWriter, r *http.Request) (ok bool, err error) {
	name, ok := strings.CutPrefix(r.URL.Path, pages.DownloadPath)
	format, known := downloads[name]
	if !ok || !known || v.site.Public {
		return false, nil
	}
	request, err := v.read(r, r.URL.Path, "", name)
	if err != nil {
		return true, err
	}
	h := request.History
	file := "spotify-plays-" + request.Listener.ID + "-" + request.Now.In(h.Zone).Format(time.DateOnly) + "." + name
	pageHeaders(w.Header())
	w.Header().Set("Content-Type", format.contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file}))
	if r.Method == http.MethodHead {
		return true, nil
	}
	connection := http.NewResponseController(w)
	if err := format.write(&patientWriter{w, connection}, h); err != nil { // the connection is gone
		slog.InfoContext(r.Context(), "a download was not received to its end", "listener", request.Listener.ID, "error", err.Error())
		return true, nil
	}
	_ = connection.SetWriteDeadline(time.Time{}) // of the next answer
	return true, nil
}

// downloadPause is the longest that the receiver of a download may take nothing.
const downloadPause = time.Minute

// patientWriter lets a download take as long as it goes on. It has no more in memory than what is written at once.
type patientWriter struct {
	io.Writer
	connection *http.ResponseController
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = w.connection.SetWriteDeadline(time.Now().Add(downloadPause)) // not every server has one
	return w.Writer.Write(p)
}
