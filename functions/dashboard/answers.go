package dashboard

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
)

// answer is a rendered answer.
type answer struct {
	contentType  string
	body, zipped []byte
	etag         string // weak: the same for both encodings
}

// newAnswer compresses a body and names it by its hash.
func newAnswer(contentType string, body []byte) *answer {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	sum := sha256.Sum256(body)
	return &answer{contentType, body, zipped.Bytes(), `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

// write sends the answer, or 304 where the caller has it.
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", a.etag)
	h.Set("Vary", "Accept-Encoding")
	if matches(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	body := a.body
	if accepts(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // a reader who left needs no answer
}

// matches reports whether an If-None-Match header has a tag.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == etag || "W/"+tag == etag {
			return true
		}
	}
	return false
}

// accepts reports whether an Accept-Encoding header allows gzip.
func accepts(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, q, _ := strings.Cut(quality, "=")
			return strings.Trim(q, " 0.") != "" || q == ""
		}
	}
	return false
}

// answers keeps answers by key. Together they take at most a number of bytes; the one that was not asked for
// longest goes first.
type answers struct {
	budget int

	mu    sync.Mutex
	bytes int
	byKey map[string]*list.Element
	order *list.List // of *kept, the latest first
}

type kept struct {
	key    string
	answer *answer
}

func (k *kept) bytes() int { return len(k.key) + len(k.answer.body) + len(k.answer.zipped) + 300 }

func newAnswers(budget int) *answers {
	return &answers{budget: budget, byKey: map[string]*list.Element{}, order: list.New()}
}

func (a *answers) get(key string) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.byKey[key]
	if !ok {
		return nil
	}
	a.order.MoveToFront(e)
	return e.Value.(*kept).answer
}

func (a *answers) put(key string, value *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := &kept{key, value}
	if _, ok := a.byKey[key]; ok || k.bytes() > a.budget {
		return
	}
	a.byKey[key] = a.order.PushFront(k)
	for a.bytes += k.bytes(); a.bytes > a.budget; {
		oldest := a.order.Remove(a.order.Back()).(*kept)
		delete(a.byKey, oldest.key)
		a.bytes -= oldest.bytes()
	}
}
