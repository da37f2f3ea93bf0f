package platform

import (
	"net/http"
	"strings"
	"testing"
)

// A call is made by a goroutine of the server, where a panic would end the whole process.
func TestCallOfPanic(t *testing.T) {
	before := requested["ingest"]
	t.Cleanup(func() { requested["ingest"] = before })
	requested["ingest"] = func(http.ResponseWriter, *http.Request) { panic("a mistake") }
	if err := Call(t.Context(), "ingest", nil); err == nil || !strings.Contains(err.Error(), "a mistake") {
		t.Errorf("Call() = %v", err)
	}
}
