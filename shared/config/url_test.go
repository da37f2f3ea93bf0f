package config

import "testing"

func TestBaseURL(t *testing.T) {
	tests := []struct {
		value string
		want  BaseURL
		ok    bool
	}{
		{"", "https://api.spotify.com", true},
		{"https://proxy.example/", "https://proxy.example", true},
		{"http://127.0.0.1:9000/spotify//", "http://127.0.0.1:9000/spotify", true},
		{"http://localhost:9000", "http://localhost:9000", true},
		{"http://[::1]:9000", "http://[::1]:9000", true},
		{"http://proxy.example", "", false}, // a token would be sent unencrypted
		{"http://10.0.0.1", "", false},
		{"ftp://127.0.0.1", "", false},
		{"127.0.0.1:9000", "", false},
		{"https://", "", false},
		{"://", "", false},
	}
	for _, tt := range tests {
		t.Setenv("SPOTIFY_API_URL", tt.value)
		got, err := Read[Spotify]()
		if got.APIURL != tt.want || (err == nil) != tt.ok {
			t.Errorf("the URL of %q is %q, %v; want %q, ok %v", tt.value, got.APIURL, err, tt.want, tt.ok)
		}
	}
}
