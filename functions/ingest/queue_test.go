package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
)

// published are the listeners of the messages in a queue.
type published []string

func (p *published) PublishListeners(_ context.Context, listeners []string) error {
	if *p != nil {
		return errors.New("the topic is gone")
	}
	*p = listeners
	return nil
}

// ask sends a request as [Serve] gets it.
func (r *rig) ask(query, body string) (code int, answer string) {
	w := httptest.NewRecorder()
	acknowledging(handler.Post("ingest", limit, r.serve))(w, httptest.NewRequest("POST", "/ingest?"+query, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func push(listener string, at time.Time) string {
	return fmt.Sprintf(`{"message":{"attributes":{"listener":%q},"messageId":"1","publishTime":%q},"subscription":"s"}`, listener, at.Format(time.RFC3339Nano))
}

// The job of all listeners only publishes, and says where it cannot.
func TestEnqueue(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	if code, answer := r.ask("listeners=all", ""); code != 400 || !strings.Contains(answer, "INGEST_TOPIC") {
		t.Errorf("without a queue: %d %s", code, answer)
	}
	queue := &published{}
	*queue = nil
	r.Queue = queue
	if code, answer := r.ask("listeners=all", ""); code != 200 || !strings.Contains(answer, `"queued":2`) || !slices.Equal(*queue, published{"me", "you"}) {
		t.Errorf("%d %s, published are %v", code, answer, *queue)
	}
	if code, answer := r.ask("listeners=all", ""); code != 500 || !strings.Contains(answer, "the topic is gone") {
		t.Errorf("where the queue fails: %d %s", code, answer)
	}
}

// A message is one run of its listener. It is acknowledged whatever happens, because a second refusal of a token within
// a minute would mean that the consent is gone.
func TestReceive(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	written := func() int64 { return r.bucket.generations[insights.StatusName("me")] } // by each run
	sent := time.Now().Add(-time.Second)
	for _, s := range []struct {
		what, body string
		before     func()
		runs       int64
		want       string // in the answer
	}{
		{what: "the first message", body: push("me", sent), runs: 1, want: `"status":"written"`},
		{what: "the same again", body: push("me", sent), want: `"status":"unchanged"`},
		{what: "published twice", body: push("me", sent.Add(20*time.Second)), want: `"status":"unchanged"`},
		{what: "Spotify refuses the token", body: push("me", time.Now().Add(time.Hour)), runs: 1, want: `"error"`, before: func() {
			r.restart()
			r.fake.FailNext(fakespotify.Token, 1, fakespotify.Fault{Kind: fakespotify.FalseAlarm})
		}},
		{what: "that again", body: push("me", sent), want: `"status":"unchanged"`},
		{what: "an unknown listener", body: push("nobody", sent), want: "nobody"},
		{what: "no listener", body: `{"message":{}}`, want: `"error"`},
		{what: "no message", body: `{}`, want: "no message"},
		{what: "no JSON", body: "me", want: "no message"},
	} {
		if s.before != nil {
			s.before()
		}
		before := written()
		if code, answer := r.ask("message=listener", s.body); code != 200 || !strings.Contains(answer, s.want) || written()-before != s.runs || !json.Valid([]byte(answer)) {
			t.Errorf("%s: %d %s after %d runs", s.what, code, answer, written()-before)
		}
	}
	if got := r.status(t); got.Outcome != insights.Failed || got.Failures != 1 || !got.Suspect {
		t.Errorf("the status is %+v", got)
	}

	// A run with a wrong clock does not keep messages from running until the time that it has written.
	generation, err := r.Status.ReadJSON(t.Context(), insights.StatusName("me"), &insights.Status{})
	err = errors.Join(err, r.Status.WriteJSON(t.Context(), insights.StatusName("me"), insights.Status{LastRunAt: time.Now().AddDate(1, 0, 0)}, generation))
	if code, answer := r.ask("message=listener", push("me", sent)); err != nil || code != 200 || r.status(t).LastRunAt.After(time.Now()) {
		t.Errorf("after a run with a wrong clock: %v, %d %s", err, code, answer)
	}
}
