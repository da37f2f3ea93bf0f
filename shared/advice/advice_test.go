package advice

import (
	"strings"
	"testing"
)

// Each place has its own words, and a command is complete.
func TestPlaces(t *testing.T) {
	for _, tt := range []struct{ service, listener, connect, stuck string }{
		{"", "me", "make connect, or the button on the page /connect.", "The output of make run"},
		{"", "sister", "make connect LISTENER=sister, or the button on the page /connect?listener=sister.", "The output of make run"},
		{"ingest", "me", "make connect PROJECT=some-project.", "(make logs PROJECT=some-project)."},
		{"ingest", "sister", "make connect PROJECT=some-project LISTENER=sister.", "(make logs PROJECT=some-project)."},
	} {
		t.Setenv("K_SERVICE", tt.service)
		t.Setenv("GOOGLE_CLOUD_PROJECT", "some-project") // the embedded cloud has a project too
		if connect, stuck := Connect(tt.listener), Stuck(); connect != tt.connect || !strings.Contains(stuck, tt.stuck) {
			t.Errorf("in service %q for %s: %q and %q", tt.service, tt.listener, connect, stuck)
		}
	}
}
