package pages_test

import (
	"image/png"
	"net/http/httptest"
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/picture"
)

func TestYearPicture(t *testing.T) {
	private, public := yearSites(t, false)
	demo, _ := yearSites(t, true)
	for name, tt := range map[string]struct {
		ask       func(string) *httptest.ResponseRecorder
		target    string
		want, not []string
	}{
		"a year":         {private, "/year/2024.svg", []string{">me<", ">2024<", ">19<", ">57 min<", ">3 days<", ">New<", ">8 plays<", "&lt;script", `width="1080" height="1350"`}, []string{"≥", "<script"}},
		"a gap":          {private, "/year/2026.svg?size=wide", []string{"≥ 9", `width="1200" height="630"`}, nil},
		"the demo":       {demo, "/year/2026.svg?size=story", []string{"an invented listener", `width="1080" height="1920"`}, []string{">me<"}},
		"a public year":  {public, "/year/2024.svg", []string{">me<", ">19<"}, nil},
		"nothing played": {private, "/year/2025.svg", []string{"Nothing played"}, nil},
	} {
		w := tt.ask(tt.target)
		if w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" || w.Header().Get("Content-Security-Policy") != picture.Policy {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		for _, want := range tt.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %q is missing", name, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(w.Body.String(), not) {
				t.Errorf("%s: %q is there", name, not)
			}
		}
	}
	img, err := png.Decode(private("/year/2026.png?size=wide").Body)
	if err != nil || img.Bounds().Dx() != 1200 || img.Bounds().Dy() != 630 {
		t.Errorf("the PNG: %v", err)
	}
	for _, target := range []string{"/year/2026.png?size=huge", "/year/2026.svg?size=" + strings.Repeat("x", 1000)} {
		if w := private(target); w.Code != 400 || !strings.Contains(w.Body.String(), "portrait, story or wide") || w.Body.Len() > 300 {
			t.Errorf("%.40s is %d %s", target, w.Code, w.Body)
		}
	}
	if w := private("/years.png"); w.Code != 404 {
		t.Errorf("a page without a picture is %d", w.Code)
	}
}
