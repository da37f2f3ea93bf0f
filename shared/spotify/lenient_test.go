package spotify

import (
	"encoding/json"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	unknown := int64(-1)
	for spelling, want := range map[string]int64{
		`240000`: 240000, `240000.0`: 240000, `2.4E5`: 240000, `2.4e+05`: 240000, `24e4`: 240000, `1.1E7`: 11000000, `2400000e-1`: 240000,
		`"240000"`: 240000, `"2.4E5"`: 240000, `" 240000.0 "`: 240000, `0`: 0, `-0`: 0, `86400000`: 86400000,
		`86400001`: unknown, `240000.5`: unknown, `-1`: unknown, `1e999`: unknown, `9223372036854775807`: unknown, `"2.4E5 ms"`: unknown,
		`"0x10p4"`: unknown, `"NaN"`: unknown, `"Inf"`: unknown, `"+5"`: unknown, `"1_000"`: unknown, `""`: unknown, `"3:35"`: unknown, `"null"`: unknown,
		`{"totalMilliseconds":215000}`: unknown, `[240000]`: unknown, `true`: unknown, `null`: unknown, `"true"`: unknown, `"[1]"`: unknown,
	} {
		var n number
		if err := json.Unmarshal([]byte(spelling), &n); err != nil {
			t.Errorf("%s: %v", spelling, err)
		}
		if got := n.value; (got == nil) != (want == unknown) || got != nil && *got != want {
			t.Errorf("%s is %v, want %d", spelling, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for spelling, want := range map[string]string{
		`"a\u0000b"`: "ab", `"half \ud83d emoji"`: "half \uFFFD emoji", `"\ud83d\ude00"`: "\U0001F600", `7`: "", `null`: "", `["a"]`: "", `{}`: "", `false`: "",
	} {
		var v text
		if err := json.Unmarshal([]byte(spelling), &v); err != nil || v.value != want {
			t.Errorf("%s is %q, want %q (%v)", spelling, v.value, want, err)
		}
	}
}

func TestLink(t *testing.T) {
	for value, want := range map[string]bool{
		"https://open.spotify.com/track/4": true, "http://i.scdn.co/image/1": true, "HTTPS://open.spotify.com/": true,
		"javascript:alert(2)": false, "JavaScript://open.spotify.com/%0aalert(2)": false, " javascript:alert(2)": false, "java\nscript:alert(2)": false,
		"data:text/html,<script>": false, "//open.spotify.com/": false, "/track": false, "spotify:track:4": false, "https:": false, "https://": false, "": false,
	} {
		got := text{value}.link()
		if (got != nil) != want || got != nil && *got != value {
			t.Errorf("link of %q is %v", value, got)
		}
	}
}

func TestFlag(t *testing.T) {
	for spelling, want := range map[string]bool{`true`: true, `"true"`: true, `"True"`: true, `false`: false, `null`: false, `1`: false, `"no"`: false, `{}`: false} {
		var f flag
		if err := json.Unmarshal([]byte(spelling), &f); err != nil || bool(f) != want {
			t.Errorf("%s is %v, want %v (%v)", spelling, f, want, err)
		}
	}
}

func TestInstant(t *testing.T) {
	second := time.Date(2026, 6, 24, 14, 48, 2, 0, time.UTC)
	for spelling, want := range map[string]time.Time{
		"2026-06-24T14:48:02Z":             second,
		"2026-06-24t14:48:02z":             second,
		"2026-06-24 14:48:02Z":             second,
		"2026-06-24T14:48:02-00:00":        second,
		"2026-06-24T16:48:02+02:00":        second,
		"2026-06-24T09:18:02.000-05:30":    second,
		"2026-06-24T14:48:02.1Z":           second.Add(100 * time.Millisecond),
		"2026-06-24T14:48:02.110999Z":      second.Add(110 * time.Millisecond),
		"2026-06-24T14:48:02.1109999999Z":  second.Add(110 * time.Millisecond),
		" 2026-06-24T14:48:02.123456789Z ": second.Add(123 * time.Millisecond),
		"2016-12-31T23:59:60Z":             time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		"2016-12-31t18:59:60.5-05:00":      time.Date(2017, 1, 1, 0, 0, 0, 500e6, time.UTC),
	} {
		if got, ok := instant(spelling); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("instant(%q) = %v, %v; want %v", spelling, got, ok, want)
		}
	}
	for _, spelling := range []string{"", "now", "2026-06-24", "2026-06-24T14:48:02", "2026-13-24T14:48:02Z", "2026-06-24T14:48:61Z", "1782312482110", "24 Jun 2026 14:48:02 UTC", "12026-06-24T14:48:02Z"} {
		if got, ok := instant(spelling); ok {
			t.Errorf("instant(%q) = %v", spelling, got)
		}
	}
}
