package fakespotify

import (
	"cmp"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// rowKind is what a row of an export is.
type rowKind int

const (
	played    rowKind = iota
	short             // a play of less than 30 s
	podcast           // an episode
	audiobook         // a chapter
	video             // of a track
	localFile         // not readable as a play
	nothing           // not readable as a play: no uri at all
)

// exportRow is a row of an export. draw decides what nothing else does.
type exportRow struct {
	kind     rowKind
	track    *Track
	end      int64 // s since 1970
	listened int   // ms
	draw     uint64
}

// playRow returns the row of a play.
func playRow(p *Play, draw uint64) exportRow {
	return exportRow{
		kind: played, track: &p.Track, end: p.PlayedAt.Unix(), draw: draw,
		listened: cmp.Or(int(p.Listened.Milliseconds()), p.Track.DurationMS),
	}
}

var (
	platforms    = []string{"ios", "android", "osx", "windows", "web_player"}
	oldPlatforms = []string{"iOS 9.3.2 (iPhone8,1)", "Android OS 6.0.1 API 23 (samsung, SM-G930F)", "OS X 10.11.6 [x86 8]", "WebPlayer (websocket RFC6455)"}
	startReasons = []string{"trackdone", "trackdone", "trackdone", "clickrow", "fwdbtn", "playbtn", "appload"}
	cutReasons   = []string{"fwdbtn", "fwdbtn", "fwdbtn", "endplay", "backbtn", "logout", "unexpected-exit"}
)

// append appends the row as a JSON object: old with the keys of about 2020, otherwise with the 23 of 2026.
func (r exportRow) append(text []byte, old bool) []byte {
	o := jsonObject{text: append(text, "  {"...)}
	draw := r.draw
	pick := func(n int) int { // a number below n
		draw = mix(draw)
		return int(draw % uint64(n))
	}
	o.string("ts", time.Unix(r.end, 0).UTC().Format(time.RFC3339))
	if old {
		o.string("username", "invented-listener")
		o.string("platform", oldPlatforms[pick(len(oldPlatforms))])
	} else {
		o.string("platform", platforms[pick(len(platforms))])
	}
	o.int("ms_played", int64(r.listened))
	o.string("conn_country", "ZZ")
	address := "203.0.113." + strconv.Itoa(1+pick(254)) // for documentation, RFC 5737
	if old {
		o.string("ip_addr_decrypted", address)
		o.string("user_agent_decrypted", "unknown")
	} else {
		o.string("ip_addr", address)
	}
	r.names(&o, old && unit(r.draw, "null") < shareNull)
	r.spoken(&o, old, pick)
	cut := r.kind == short || r.track != nil && r.listened < r.track.DurationMS
	o.string("reason_start", startReasons[pick(len(startReasons))])
	if cut {
		o.string("reason_end", cutReasons[pick(len(cutReasons))])
	} else {
		o.string("reason_end", "trackdone")
	}
	o.bool("shuffle", pick(2) == 0)
	if start := r.end - int64(r.listened/1000); old {
		o.null("skipped")
		switch pick(40) {
		case 0:
			o.null("offline")
		case 1:
			o.bool("offline", true)
		default:
			o.bool("offline", false)
		}
		o.int("offline_timestamp", [...]int64{0, start * 1000, start}[pick(3)])
	} else {
		o.bool("skipped", cut)
		o.bool("offline", pick(50) == 0)
		o.int("offline_timestamp", start)
	}
	o.bool("incognito_mode", pick(500) == 0)
	return append(o.text, "\n  }"...)
}

// names appends what identifies the track.
func (r exportRow) names(o *jsonObject, nameless bool) {
	name, artist, album, uri := "", "", "", ""
	if t := r.track; t != nil && r.kind != nothing {
		name, album, uri = t.Name, t.Album.Name, "spotify:track:"+t.ID
		if artists := t.Album.Artists; len(artists) > 0 {
			artist = artists[0].Name
		} else if len(t.Artists) > 0 {
			artist = t.Artists[0].Name
		}
	}
	if r.kind == localFile {
		uri = "spotify:local:::" + strconv.FormatUint(r.draw, 36) + ":200"
	}
	if nameless {
		name, artist, album = "", "", ""
	}
	o.string("master_metadata_track_name", name)
	o.string("master_metadata_album_artist_name", artist)
	o.string("master_metadata_album_album_name", album)
	o.string("spotify_track_uri", uri)
}

// spoken appends the episode and the chapter.
func (r exportRow) spoken(o *jsonObject, old bool, pick func(int) int) {
	title, show, episode := "", "", ""
	if r.kind == podcast || r.kind == audiobook && old {
		n := pick(12)
		show = plural(nouns[n]) + " and " + plural(nouns[n+12])
		title, episode = "Episode "+strconv.Itoa(1+pick(300)), catalogueID("episode", r.draw)
	}
	o.string("episode_name", title)
	o.string("episode_show_name", show)
	o.string("spotify_episode_uri", uri("episode", episode))
	if old {
		return
	}
	title, chapter, book, id := "", "", "", ""
	if r.kind == audiobook {
		n := pick(5)
		title, book = "The "+nouns[n], catalogueID("book", n)
		chapter, id = "Chapter "+strconv.Itoa(1+pick(40)), catalogueID("chapter", r.draw)
	}
	o.string("audiobook_title", title)
	o.string("audiobook_uri", uri("show", book))
	o.string("audiobook_chapter_uri", uri("chapter", id))
	o.string("audiobook_chapter_title", chapter)
}

// uri returns the uri of an id, or nothing of none.
func uri(kind, id string) string {
	if id == "" {
		return ""
	}
	return "spotify:" + kind + ":" + id
}

// jsonObject writes the fields of an object as a real export lays them out. Package json would take most of the time of
// a large export.
type jsonObject struct {
	text  []byte
	begun bool
}

func (o *jsonObject) key(name string) {
	if o.begun {
		o.text = append(o.text, ',')
	}
	o.begun = true
	o.text = append(o.text, "\n    \""...)
	o.text = append(o.text, name...)
	o.text = append(o.text, "\": "...)
}

// string writes null where the value is empty.
func (o *jsonObject) string(name, value string) {
	o.key(name)
	if value == "" {
		o.text = append(o.text, "null"...)
		return
	}
	o.text, _ = jsontext.AppendQuote(o.text, value) // replaces invalid UTF-8
}

func (o *jsonObject) int(name string, value int64) {
	o.key(name)
	o.text = strconv.AppendInt(o.text, value, 10)
}

func (o *jsonObject) bool(name string, value bool) {
	o.key(name)
	o.text = strconv.AppendBool(o.text, value)
}

func (o *jsonObject) null(name string) { o.string(name, "") }
