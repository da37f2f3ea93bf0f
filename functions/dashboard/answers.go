package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

// answer is a rendered answer.
type answer struct {
	contentType  string
	body, zipped []byte
	etag         string // weak: the same for both encodings
}

// newAnswer compresses a body, unless err is the error of making it. The hash of the body is its ETag.
func newAnswer(contentType string, body []byte, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body) // writing to a buffer does not fail
	_ = w.Close()
	sum := sha256.Sum256(body)
	return &answer{contentType: contentType, body: body, zipped: zipped.Bytes(), etag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, nil
}

// write sends the answer, or 304 where the caller has it.
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", a.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Type", a.contentType)
	body := a.body
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reports whether an Accept-Encoding header allows gzip.
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, q, _ := strings.Cut(quality, "=")
			return strings.Trim(q, " 0.") != "" || q == ""
		}
	}
	return false
}

// answers is a cache. Together the answers take at most a number of bytes; when they would take more, all are
// dropped. Most of them are of older snapshots by then.
type answers struct {
	budget int

	mu    sync.Mutex
	bytes int
	byKey map[string]*answer
}

func (a *answers) get(key string) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byKey[key]
}

func (a *answers) put(key string, value *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := len(key) + len(value.body) + len(value.zipped)
	if _, ok := a.byKey[key]; ok || size > a.budget {
		return
	}
	if a.bytes += size; a.bytes > a.budget {
		clear(a.byKey)
		a.bytes = size
	}
	a.byKey[key] = value
}
