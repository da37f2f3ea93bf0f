package ingest

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/storage"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// rig is an Ingester of real clients on an embedded cloud, with a fake Spotify of one listener.
type rig struct {
	*Ingester
	config   config.All
	fake     *fakespotify.Server
	secrets  *secrets.Store
	lake     *bucket.Bucket
	insights *bucket.Bucket

	onRequest atomic.Pointer[func(endpoint string)] // called before Spotify answers
}

const firstToken = "first-refresh-token"

var app = spotify.App{ClientID: "id", ClientSecret: "app-secret"}

func newRig(t *testing.T, listener fakespotify.Listener) *rig {
	t.Helper()
	s := machinetest.Start(t).Config
	r := &rig{config: s}
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret, OnRequest: func(endpoint string, _ int) {
		if do := r.onRequest.Load(); do != nil {
			(*do)(endpoint)
		}
	}})
	listener.Name, listener.RefreshToken = "me", firstToken
	for n := range 60 {
		listener.Plays = append(listener.Plays, fakespotify.Play{Track: fakespotify.SimpleTrack(n), PlayedAt: time.Now().Add(-time.Duration(n+1) * 4 * time.Minute)})
	}
	fake.AddListener(listener)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	r.fake = fake
	client := spotify.New(config.Spotify{APIURL: config.BaseURL(server.URL), AccountsURL: config.BaseURL(server.URL)}, upstream.WithoutPauses)
	r.secrets = mustStore(t, s)
	r.lake = mustBucket(t, s.LakeBucket)
	r.insights = mustBucket(t, s.InsightsBucket)
	r.Ingester = &Ingester{Tokens: &Tokens{Secrets: r.secrets, Spotify: client, Now: time.Now}, Spotify: client, Lake: r.lake, Status: r.insights, Now: time.Now}
	return r
}

// restart makes the Tokens that another instance of the function would start with.
func (r *rig) restart() {
	r.Tokens = &Tokens{Secrets: r.secrets, Spotify: r.Tokens.Spotify, Now: time.Now}
}

func mustStore(t *testing.T, s config.All) *secrets.Store {
	t.Helper()
	store, err := secrets.Open(t.Context(), s.Project)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func mustBucket(t *testing.T, name string) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *rig) add(t *testing.T, id string, v any) {
	t.Helper()
	if _, err := r.secrets.Add(t.Context(), id, v); err != nil {
		t.Fatal(err)
	}
}

// connect stores the app and the listener's first token.
func (r *rig) connect(t *testing.T) {
	t.Helper()
	r.add(t, secrets.ClientID, app)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken, AuthorizedAt: new(time.Now().AddDate(0, -1, 0)), Scope: spotify.Scope})
}

func (r *rig) status(t *testing.T) (s insights.Status) {
	t.Helper()
	if _, err := r.insights.ReadJSON(t.Context(), insights.StatusName("me"), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// enabled is the number of live versions of the listener's token.
func (r *rig) enabled(t *testing.T) int {
	t.Helper()
	versions, err := r.secrets.Versions(t.Context(), secrets.TokenID("me"))
	if err != nil {
		t.Fatal(err)
	}
	return len(versions)
}

func (r *rig) objects(t *testing.T) int {
	t.Helper()
	list, err := r.lake.List(t.Context(), "plays/source=api/listener=me/")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// rows reads an object of the lake.
func (r *rig) rows(t *testing.T, object string) (rows []lake.PlayRow) {
	t.Helper()
	client, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	content, err := client.Bucket(r.config.LakeBucket).Object(object).NewReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	unzipped, err := gzip.NewReader(content)
	if err != nil {
		t.Fatal(err)
	}
	for lines := json.NewDecoder(unzipped); ; {
		var row lake.PlayRow
		if err := lines.Decode(&row); errors.Is(err, io.EOF) {
			return rows
		} else if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}
