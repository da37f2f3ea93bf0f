package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	set "spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// rig is an Ingester with stores in memory and the real client of a fake Spotify with the listener "me". There is no network,
// so it also works in a bubble of synctest.
type rig struct {
	*Ingester
	fake    *fakespotify.Server
	secrets *vault
	bucket  *memory

	onRequest atomic.Pointer[func(endpoint string)] // called before Spotify answers
}

const firstToken = "first-refresh-token"

var app = spotify.App{ClientID: "id", ClientSecret: "app-secret"}

// apis are addresses that [direct] does not look at.
var apis = config.Spotify{APIURL: "http://api", AccountsURL: "http://accounts"}

func newRig(t *testing.T, listener fakespotify.Listener) *rig {
	t.Helper()
	r := &rig{secrets: &vault{versions: map[string][]any{}}, bucket: &memory{objects: map[string][]byte{}, generations: map[string]int64{}}}
	r.fake = fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret, OnRequest: func(endpoint string) {
		if do := r.onRequest.Load(); do != nil {
			(*do)(endpoint)
		}
	}})
	listener.Name, listener.RefreshToken = "me", firstToken
	if listener.Plays == nil {
		listener.Plays = []fakespotify.Play{{Track: fakespotify.SimpleTrack(1), PlayedAt: time.Now().Add(-time.Hour)}}
	}
	r.fake.AddListener(listener)
	machinetest.NoSecrets(t, r.fake.Secrets, maps.All(r.bucket.objects))
	client := spotify.New(apis, upstream.WithoutPauses, func(c *upstream.Client) {
		c.HTTP.Transport = direct{r.fake}
	})
	r.Ingester = &Ingester{
		Listeners: set.Set{"me": {ID: "me"}, "you": {ID: "you"}},
		Tokens:    &Tokens{Secrets: r.secrets, Spotify: client, Now: time.Now}, Spotify: client, Lake: r.bucket, Status: r.bucket, Now: time.Now,
	}
	return r
}

// direct calls a server without a network.
type direct struct{ server http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

// connect stores the app and the listener's first token.
func (r *rig) connect(t *testing.T) {
	t.Helper()
	r.secrets.add(t, secrets.ClientID, app)
	r.consent(t, "me", firstToken, time.Now().AddDate(0, -1, 0))
}

// consent stores the token of a listener who has connected at a time.
func (r *rig) consent(t *testing.T, listener, token string, at time.Time) {
	t.Helper()
	r.secrets.add(t, secrets.TokenID(listener), spotify.Token{RefreshToken: token, AuthorizedAt: &at})
}

// restart replaces the Tokens by those of a new instance of the function.
func (r *rig) restart() {
	r.Tokens = &Tokens{Secrets: r.secrets, Spotify: r.Tokens.Spotify, Now: time.Now}
}

// run runs an ingest for me, and checks the kind of its error; faults.Transient is none.
func (r *rig) run(t *testing.T, want faults.Kind) {
	t.Helper()
	if _, err := r.Run(t.Context(), "me"); faults.Of(err) != want || (err != nil) != (want != faults.Transient) {
		t.Errorf("an ingest ends with %v of kind %v, want %v", err, faults.Of(err), want)
	}
}

func (r *rig) status(t *testing.T) (s insights.Status) {
	t.Helper()
	if _, err := r.Status.ReadJSON(t.Context(), insights.StatusName("me"), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// rows decodes an object of the lake.
func (r *rig) rows(t *testing.T, object string) (rows []lake.PlayRow) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(r.bucket.objects[object]))
	if err != nil {
		t.Fatal(err)
	}
	for lines := json.NewDecoder(unzipped); lines.More(); {
		var row lake.PlayRow
		if err := lines.Decode(&row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// memory is a bucket. With lossy set, the answer of the next WriteJSON is lost after the write.
type memory struct {
	mu          sync.Mutex
	objects     map[string][]byte
	generations map[string]int64
	lossy       bool
}

func (m *memory) Create(ctx context.Context, name, _ string, content []byte) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects[name] != nil || ctx.Err() != nil {
		return false, ctx.Err()
	}
	m.objects[name] = content
	return true, nil
}

func (m *memory) ReadJSON(_ context.Context, name string, v any) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects[name] == nil {
		return 0, nil
	}
	return m.generations[name], json.Unmarshal(m.objects[name], v)
}

func (m *memory) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.generations[name] != generation {
		return bucket.ErrPrecondition
	}
	m.generations[name]++
	content, err := json.Marshal(v)
	m.objects[name] = content
	if m.lossy {
		m.lossy = false
		return bucket.ErrPrecondition // the result of the client's own retry
	}
	return errors.Join(err, ctx.Err())
}

// vault is a Secret Manager.
type vault struct {
	mu       sync.Mutex
	versions map[string][]any // by secret: its versions from number 1; nil is a destroyed one
	lagging  bool             // Latest does not return the newest version yet
	readOnly bool             // nothing can be changed
	hanging  bool             // a change is not answered
}

var errReadOnly = errors.New("no space left on device")

func (v *vault) add(t *testing.T, id string, value any) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.versions[id] = append(v.versions[id], value)
}

func (v *vault) Add(ctx context.Context, id string, value any) (int, error) {
	if err := v.changeable(ctx); err != nil {
		return 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.versions[id] = append(v.versions[id], value)
	return len(v.versions[id]), ctx.Err()
}

func (v *vault) changeable(ctx context.Context) error {
	v.mu.Lock()
	readOnly, hanging := v.readOnly, v.hanging
	v.mu.Unlock()
	if hanging {
		<-ctx.Done()
		return ctx.Err()
	}
	if readOnly {
		return errReadOnly
	}
	return nil
}

func (v *vault) Newest(_ context.Context, id string, value any) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return read(v.versions[id], value)
}

func (v *vault) Latest(_ context.Context, id string, value any) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	versions := v.versions[id]
	if v.lagging && len(versions) > 1 {
		versions = versions[:len(versions)-1]
	}
	return read(versions, value)
}

// read decodes the last version.
func read(versions []any, value any) (int, error) {
	n := len(versions)
	if n == 0 {
		return 0, secrets.ErrEmpty
	}
	content, err := json.Marshal(versions[n-1])
	if err == nil && json.Unmarshal(content, value) != nil {
		err = secrets.ErrMalformed
	}
	return n, err
}

func (v *vault) DestroyBefore(ctx context.Context, id string, version int) error {
	if err := v.changeable(ctx); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.versions[id][:version-1])
	return nil
}

// live returns the number of versions of the listener's token that are not destroyed.
func (v *vault) live() (n int) {
	for _, value := range v.versions[secrets.TokenID("me")] {
		if value != nil {
			n++
		}
	}
	return n
}
