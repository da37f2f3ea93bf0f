package listener

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"

	"spotify-insights.internal/shared/faults"
)

func TestUnmarshalText(t *testing.T) {
	var s Set
	if err := s.UnmarshalText([]byte(`{"me":{"time_zone":"America/Los_Angeles"},"my-sister":{"public":true}}`)); err != nil {
		t.Fatal(err)
	}
	if me, sister := s["me"], s["my-sister"]; me.ID != "me" || me.Zone.String() != "America/Los_Angeles" || me.Public ||
		sister.ID != "my-sister" || sister.TimeZone != "UTC" || !sister.Public {
		t.Errorf("the set is %+v", s)
	}
	for text, want := range map[string]string{
		"me":                                  "is not JSON",
		`{"me":{"timezone":"UTC"}}`:           "timezone",
		"{}":                                  "has no listener",
		"null":                                "is not JSON",
		`["me"]`:                              "is not JSON",
		`{"me":{}`:                            "is not JSON",
		`{"me":{}} {"you":{}}`:                "is not JSON",
		`{"me":{}} x`:                         "is not JSON",
		`{"me":{},"you":{},"me":{}}`:          `listener "me" is in it twice`,
		`{"../me":{}}`:                        `listener "../me"`,
		`{"me":{"time_zone":"Mars/Olympus"}}`: "Mars/Olympus",
		`{"me":{"time_zone":"Local"}}`:        "Local",
	} {
		var s Set
		if err := s.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error %v does not contain %q", text, err, want)
		}
	}
}

// Terraform packs the text where there are many listeners.
func TestUnmarshalCompressed(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(`{"me":{"time_zone":"Asia/Tokyo"}}`))
	w.Close()
	text := []byte(base64.StdEncoding.EncodeToString(packed.Bytes()))
	var s Set
	if err := s.UnmarshalText(text); err != nil || s["me"].TimeZone != "Asia/Tokyo" {
		t.Errorf("the set is %+v, %v", s, err)
	}
	for name, text := range map[string][]byte{"half": text[:len(text)/2], "no base64": []byte("H4sI!"), "no gzip": []byte("H4sIAAAA")} {
		if err := s.UnmarshalText(text); err == nil || !strings.Contains(err.Error(), "compressed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValid(t *testing.T) {
	for id, want := range map[string]bool{
		"me": true, "a-1": true, "m" + strings.Repeat("e", 30): true,
		"": false, "Me": false, "1a": false, "a/b": false, "..": false, "a\n": false, "m" + strings.Repeat("e", 31): false, "mé": false,
	} {
		if got := Valid(id); got != want {
			t.Errorf("Valid(%q) = %v", id, got)
		}
	}
}

func TestFind(t *testing.T) {
	s := Set{"me": {ID: "me"}}
	for id, want := range map[string]faults.Kind{"you": faults.Missing, "../me": faults.Invalid} {
		if _, err := s.Find(id); faults.Of(err) != want {
			t.Errorf("Find(%q) = %v", id, err)
		}
	}
	if l, err := s.Find("me"); err != nil || l.ID != "me" {
		t.Errorf("Find() = %+v, %v", l, err)
	}
}
