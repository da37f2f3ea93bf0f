package ingest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
)

// A listener whose consent has ended, and whose request for a token hangs, does not touch another one.
func TestOneListenersTokenTouchesNobodyElse(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1, TokenLife: time.Second})
	r.connect(t)
	given := time.Now().AddDate(0, -7, 0)
	r.fake.AddListener(fakespotify.Listener{Name: "you", RefreshToken: "your-refresh-token", ConsentedAt: given})
	r.consent(t, "you", "your-refresh-token", given)
	function := handler.Post("ingest", limit, r.serve)
	post := func(listener string) (code int, body string) {
		w := httptest.NewRecorder()
		function(w, httptest.NewRequest("POST", "/ingest?listener="+listener, nil))
		return w.Code, w.Body.String()
	}

	hangs, goOn := make(chan bool), make(chan bool)
	var requests atomic.Int64
	r.onRequest.Store(new(func(endpoint string) {
		if endpoint == fakespotify.Token && requests.Add(1) == 1 { // yours, which is the first
			hangs <- true
			<-goOn
		}
	}))
	yours := make(chan string)
	go func() {
		code, body := post("you")
		if code != http.StatusConflict {
			t.Errorf("your ingest answers %d %s", code, body)
		}
		yours <- body
	}()
	<-hangs
	for range 3 {
		if code, body := post("me"); code != http.StatusOK {
			t.Errorf("while your request hangs, mine answers %d %s", code, body)
		}
	}
	close(goOn)
	var answer struct{ Error, Action string }
	if err := json.Unmarshal([]byte(<-yours), &answer); err != nil || !strings.Contains(answer.Error, "Spotify's consent ended on "+insights.ConsentEnds(given.UTC()).Format("2 January 2006")) ||
		!strings.Contains(answer.Action, "make connect LISTENER=you") {
		t.Errorf("your answer is %+v, %v", answer, err)
	}
	if code, body := post("me"); code != http.StatusOK {
		t.Errorf("after your refusal, mine answers %d %s", code, body)
	}
	if s := r.status(t); s.Outcome == insights.Failed || s.Failures != 0 || s.Suspect {
		t.Errorf("my status is %+v", s)
	}
}
