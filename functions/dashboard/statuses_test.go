package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"spotify-insights.internal/shared/insights"
)

// documents are objects by name. Reading an object without content fails, as of a bucket that does not answer.
type documents map[string]string

func (d documents) ReadJSON(_ context.Context, name string, v any) (generation int64, err error) {
	content, ok := d[name]
	switch {
	case !ok:
		return 0, nil
	case content == "":
		return 0, errors.New("no answer")
	}
	return 1, json.Unmarshal([]byte(content), v)
}

// A truncated status is no reason to show no page.
func TestDamagedStatus(t *testing.T) {
	ingest, imported := insights.StatusName("me"), insights.ImportStatusName("me")
	const good, goodImport = `{"listener":"me","outcome":"written"}`, `{"name":"a.zip"}`
	for what, c := range map[string]struct {
		before, after documents
		outcome, name string
		fails         bool
	}{
		"none":                       {},
		"a damaged one":              {after: documents{ingest: good[:30], imported: goodImport}, name: "a.zip"},
		"a damaged one of an import": {after: documents{ingest: good, imported: goodImport[:10]}, outcome: insights.Written},
		"one that is damaged later":  {before: documents{ingest: good}, after: documents{ingest: good[:30]}, outcome: insights.Written},
		"one that cannot be read":    {after: documents{ingest: ""}, fails: true},
		"and after it was":           {before: documents{ingest: good}, after: documents{ingest: ""}, outcome: insights.Written},
	} {
		now := time.Now()
		s := &statuses{bucket: c.before, now: func() time.Time { return now }, byListener: map[string]status{}}
		if c.before != nil {
			if _, err := s.get(t.Context(), "me"); err != nil {
				t.Fatal(what, err)
			}
		}
		s.bucket, now = c.after, now.Add(time.Minute)
		got, err := s.get(t.Context(), "me")
		if (err != nil) != c.fails || got.ingest.Outcome != c.outcome || got.imported.Name != c.name {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}
