package logging

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
)

func TestHandler(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(Handler(&out, "p"))
	ctx := WithTrace(t.Context(), "abc/1;o=1")
	logger.WarnContext(ctx, "look here", "listener", "me")
	var line map[string]string
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"severity": "WARNING", "message": "look here", "listener": "me", "logging.googleapis.com/trace": "projects/p/traces/abc"} {
		if line[key] != want {
			t.Errorf("%s is %q in %s", key, line[key], out.Bytes())
		}
	}
}
