package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// rig is an Ingester with stores in memory and the real client of a fake Spotify with the listener "me".
type rig struct {
	*Ingester
	fake    *fakespotify.Server
	secrets *vault
	bucket  *memory

	onRequest atomic.Pointer[func(endpoint string)] // called before Spotify answers
}

const firstToken = "first-refresh-token"

var app = spotify.App{ClientID: "id", ClientSecret: "app-secret"}

func newRig(t *testing.T, listener fakespotify.Listener) *rig {
	t.Helper()
	r := &rig{secrets: &vault{versions: map[string][]any{}}, bucket: &memory{objects: map[string][]byte{}, generations: map[string]int64{}}}
	r.fake = fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret, OnRequest: func(endpoint string) {
		if do := r.onRequest.Load(); do != nil {
			(*do)(endpoint)
		}
	}})
	listener.Name, listener.RefreshToken = "me", firstToken
	listener.Plays = []fakespotify.Play{{Track: fakespotify.SimpleTrack(1), PlayedAt: time.Now().Add(-time.Hour)}}
	r.fake.AddListener(listener)
	server := httptest.NewServer(r.fake)
	t.Cleanup(server.Close)
	client := spotify.New(config.Spotify{APIURL: config.BaseURL(server.URL), AccountsURL: config.BaseURL(server.URL)}, upstream.WithoutPauses)
	r.Ingester = &Ingester{Tokens: &Tokens{Secrets: r.secrets, Spotify: client, Now: time.Now}, Spotify: client, Lake: r.bucket, Status: r.bucket, Now: time.Now}
	return r
}

// connect stores the app and the listener's first token.
func (r *rig) connect(t *testing.T) {
	t.Helper()
	r.secrets.add(t, secrets.ClientID, app)
	r.secrets.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken, AuthorizedAt: new(time.Now().AddDate(0, -1, 0))})
}

// restart replaces the Tokens by those of a new instance of the function.
func (r *rig) restart() {
	r.Tokens = &Tokens{Secrets: r.secrets, Spotify: r.Tokens.Spotify, Now: time.Now}
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
	objects     map[string][]byte
	generations map[string]int64
	lossy       bool
}

func (m *memory) Create(ctx context.Context, name, _ string, content []byte) (bool, error) {
	if m.objects[name] != nil || ctx.Err() != nil {
		return false, ctx.Err()
	}
	m.objects[name] = content
	return true, nil
}

func (m *memory) ReadJSON(_ context.Context, name string, v any) (int64, error) {
	if m.objects[name] == nil {
		return 0, nil
	}
	return m.generations[name], json.Unmarshal(m.objects[name], v)
}

func (m *memory) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
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
	versions map[string][]any // by secret: its versions from number 1; nil is a destroyed one
	lagging  bool             // Latest does not return the newest version yet
}

func (v *vault) add(t *testing.T, id string, value any) {
	t.Helper()
	if _, err := v.Add(t.Context(), id, value); err != nil {
		t.Fatal(err)
	}
}

func (v *vault) Add(ctx context.Context, id string, value any) (int, error) {
	v.versions[id] = append(v.versions[id], value)
	return len(v.versions[id]), ctx.Err()
}

func (v *vault) Newest(_ context.Context, id string, value any) (int, error) {
	return read(v.versions[id], value)
}

func (v *vault) Latest(_ context.Context, id string, value any) (int, error) {
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

func (v *vault) DestroyBefore(_ context.Context, id string, version int) error {
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
