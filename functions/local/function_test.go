package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A function that is served alone takes requests of programs on this machine, and none that a web page makes a browser send.
func TestGuard(t *testing.T) {
	for _, tt := range []struct {
		host, header, value string
		taken               bool
	}{
		{"127.0.0.1:8081", "", "", true},
		{"localhost:8081", "", "", true},
		{"[::1]:8081", "", "", true},
		{"evil.example", "", "", false},
		{"127.0.0.1.evil.example:8081", "", "", false},
		{"10.0.0.1:8081", "", "", false},
		{"127.0.0.1:x", "", "", false},
		{"127.0.0.1:8081", "Origin", "https://evil.example", false},
		{"127.0.0.1:8081", "Origin", "null", false},
		{"127.0.0.1:8081", "Sec-Fetch-Site", "cross-site", false},
		{"127.0.0.1:8081", "Sec-Fetch-Site", "same-site", false},
	} {
		taken := false
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Host = tt.host
		if tt.header != "" {
			r.Header.Set(tt.header, tt.value)
		}
		guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken = true })).ServeHTTP(httptest.NewRecorder(), r)
		if taken != tt.taken {
			t.Errorf("Host %s with %s %q is taken: %t", tt.host, tt.header, tt.value, taken)
		}
	}
}
