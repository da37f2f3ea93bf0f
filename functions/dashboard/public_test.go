package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/settings"
)

// granted are the documents that an account may read that was granted the figures of some listeners,
// and nothing else.
type granted struct {
	*objects.Bucket
	listeners []string
	refused   []string // what else was asked for
}

func (g *granted) ReadJSON(ctx context.Context, name string, v any) (int64, error) {
	for _, id := range g.listeners {
		if name == insights.DocumentName(id) {
			return g.Bucket.ReadJSON(ctx, name, v)
		}
	}
	g.refused = append(g.refused, name)
	return 0, errors.New("insights-dashboard-public@some-project.iam.gserviceaccount.com does not have storage.objects.get access")
}

// newPublicViewer is a viewer for everybody on the documents of [newViewer], with "me" and "sister" public
// and "you" not. Nobody has ranked anything of "sister".
func newPublicViewer(t *testing.T) (*Viewer, *granted) {
	t.Helper()
	document, status := sample()
	private := newViewer(t, document, status)
	documents := &granted{Bucket: private.Documents.(*objects.Bucket), listeners: []string{"me", "sister"}}
	listeners := map[string]settings.Listener{}
	for _, id := range []string{"me", "you", "sister"} {
		l := private.Listeners["me"]
		l.ID, l.Public = id, id != "you"
		listeners[id] = l
	}
	return New(settings.Settings{Listeners: listeners, Public: true}, documents, private.Now), documents
}

func (v *Viewer) ask(t *testing.T, target string) (code int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.HTTP("dashboard", limit, v.serve)(w, httptest.NewRequest("GET", target, nil))
	return w.Code, w.Body.String()
}

// Everybody is shown figures, and nothing that tells when somebody listened or how the pipeline does.
func TestPublicFigures(t *testing.T) {
	v, documents := newPublicViewer(t)
	for _, target := range []string{"/", "/?period=2026", "/?period=2025", "/?listener=sister", "/insights.json", "/insights.json?period=2026", "/insights.json?listener=sister"} {
		code, body := v.ask(t, target)
		if code != 200 {
			t.Errorf("%s is %d %s", target, code, body)
		}
		if figures := strings.Contains(body, "First"); figures != (!strings.Contains(target, "2025") && !strings.Contains(target, "sister")) {
			t.Errorf("%s shows figures: %v", target, figures)
		}
		for _, not := range []string{"24 Jun", "2026-06", "20:00", "13:00", "Recently", "Pipeline", "Consent", "Gaps", "Needs a look", "as of", "you", "Los_Angeles"} {
			if strings.Contains(body, not) {
				t.Errorf("%s tells %q", target, not)
			}
		}
	}
	if len(documents.refused) != 0 {
		t.Errorf("read were %q", documents.refused)
	}
}

// The numbers keep their shape: a list is empty, a time is null.
func TestPublicShape(t *testing.T) {
	v, _ := newPublicViewer(t)
	_, body := v.ask(t, "/insights.json")
	for _, want := range []string{
		`"as_of":null`, `"recent":[]`, `"plays":12345`, `"rank":1,"times_played":30,"minutes_played":99.9,"last_played_at":null,"track_id":"a"`,
		`"status":{"last_ingest_at":null,"last_load_at":null,"authorized_at":null,"token_expires_at":null,"gaps":[],"rejected":0,"coverage":{"tracks":0,"tracks_with_features":0,"tracks_unasked":0,"share":null},"problems":[]}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	var public, private map[string]any
	if err := json.Unmarshal([]byte(body), &public); err != nil {
		t.Fatal(err)
	}
	document, status := sample()
	_, body = newViewer(t, document, status).ask(t, "/insights.json")
	if err := json.Unmarshal([]byte(body), &private); err != nil {
		t.Fatal(err)
	}
	for field := range private {
		if _, ok := public[field]; !ok {
			t.Errorf("%s is missing", field)
		}
	}
	if !strings.Contains(body, `"last_played_at":"2026-06-24T20:00:00Z"`) {
		t.Errorf("the private numbers lack a time: %s", body)
	}
}

// A listener who is not public is to everybody as one who is not there.
func TestPrivateListenersAreNobody(t *testing.T) {
	v, documents := newPublicViewer(t)
	for _, path := range []string{"/", "/insights.json"} {
		code, private := v.ask(t, path+"?listener=you")
		nobody, unknown := v.ask(t, path+"?listener=who")
		if code != 404 || nobody != 404 || strings.ReplaceAll(private, "you", "who") != unknown {
			t.Errorf("%s is %d %s of one who is private, and %d %s of nobody", path, code, private, nobody, unknown)
		}
	}
	delete(v.Listeners, "me") // then the page is that of the first there is
	if code, body := v.ask(t, "/insights.json"); code != 200 || !strings.Contains(body, `"listener":"sister"`) {
		t.Errorf("without a listener in the query: %d %s", code, body)
	}
	delete(v.Listeners, "sister")
	for _, path := range []string{"/", "/insights.json"} {
		if code, body := v.ask(t, path); code != 404 {
			t.Errorf("%s of nobody is %d %s", path, code, body)
		}
	}
	if len(documents.refused) != 0 {
		t.Errorf("read were %q", documents.refused)
	}
}

// What Cloud Storage has to say of a failure is not for everybody.
func TestPublicFailure(t *testing.T) {
	v, documents := newPublicViewer(t)
	documents.listeners = nil
	for _, path := range []string{"/", "/insights.json"} {
		if code, body := v.ask(t, path); code != 500 || strings.Contains(body, "some-project") || strings.Contains(body, "storage") {
			t.Errorf("%s is %d %s", path, code, body)
		}
	}
	if !slices.Contains(documents.refused, insights.DocumentName("me")) {
		t.Errorf("asked for was %q", documents.refused)
	}
	if err := discreet(t.Context(), faults.New(faults.Invalid, "Do this.", "no period")); faults.Action(err) != "Do this." {
		t.Errorf("what the request lacks is not told: %v", err)
	}
}
