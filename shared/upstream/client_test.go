package upstream

import "testing"

func TestBase(t *testing.T) {
	tests := []struct {
		value, want string
		ok          bool
	}{
		{"", "https://fallback", true},
		{"https://proxy.example/", "https://proxy.example", true},
		{"http://127.0.0.1:9000/spotify//", "http://127.0.0.1:9000/spotify", true},
		{"http://localhost:9000", "http://localhost:9000", true},
		{"http://[::1]:9000", "http://[::1]:9000", true},
		{"http://proxy.example", "", false}, // a token would cross the network in the clear
		{"http://10.0.0.1", "", false},
		{"ftp://127.0.0.1", "", false},
		{"127.0.0.1:9000", "", false},
		{"https://", "", false},
		{"://", "", false},
	}
	for _, tt := range tests {
		t.Setenv("SPOTIFY_API_URL", tt.value)
		got, err := Base("SPOTIFY_API_URL", "https://fallback")
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("base of %q = %q, %v; want %q, ok %v", tt.value, got, err, tt.want, tt.ok)
		}
	}
}
