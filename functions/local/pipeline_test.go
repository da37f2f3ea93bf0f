package main

import (
	"net/http/httptest"
	"testing"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// The hourly loop passes over a listener who is not connected, and fetches her plays once she is.
func TestIngestConnected(t *testing.T) {
	m := machinetest.Start(t, "anna")
	fake := fakespotify.New(fakespotify.Options{Seed: 1})
	fake.AddListener(fakespotify.Listener{Name: "anna", RefreshToken: "the-token"})
	server := httptest.NewServer(fake)
	defer server.Close()
	machinetest.NoSecrets(t, fake.Secrets, machinetest.Objects(t, m.Config))
	t.Setenv("SPOTIFY_API_URL", server.URL)
	t.Setenv("SPOTIFY_ACCOUNTS_URL", server.URL)
	store, err := secrets.Open(t.Context(), m.Config.Project)
	if err != nil {
		t.Fatal(err)
	}
	statuses, err := bucket.Open(t.Context(), m.Config.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	p := newPipeline(t.Context(), m)
	last := func() (s insights.Status) {
		p.ingestConnected(secretVault{store}, "anna")
		if _, err := statuses.ReadJSON(t.Context(), insights.StatusName("anna"), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := last(); !s.LastRunAt.IsZero() || fake.Calls("") > 0 {
		t.Errorf("an ingest of a listener who is not connected: %+v, %d calls", s, fake.Calls(""))
	}
	if err := (secretVault{store}).keep(t.Context(), "anna", spotify.App{ClientID: "id", ClientSecret: "secret"}, spotify.Token{RefreshToken: "the-token"}); err != nil {
		t.Fatal(err)
	}
	if s := last(); s.Outcome != insights.Unchanged || fake.Calls(fakespotify.RecentlyPlayed) != 1 {
		t.Errorf("an ingest of a connected listener: %+v", s)
	}
}
