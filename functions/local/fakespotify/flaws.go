package fakespotify

import (
	"hash/fnv"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// Flaw is something odd about a play, or about a track. Unlike a fault it stays: whether a play has it is decided by the
// seed and the play (OddName, and the flaws of tracks: the track) alone, so that one play is not told in two ways.
type Flaw string

// Flaws of when a play is seen.
const (
	Late            Flaw = "late"             // it appears up to 30 h behind its time: two thirds over 2 h, a tenth over 24 h
	SameMillisecond Flaw = "same-millisecond" // another track ended in the same millisecond
	NoFraction      Flaw = "no-fraction"      // it ended on a whole second, and its time has no fraction
)

// Flaws that leave a play readable, with less or more in it than usual.
const (
	NoAlbum       Flaw = "no-album"
	NoImages      Flaw = "no-images"
	NoExternalIDs Flaw = "no-external-ids"
	NoDuration    Flaw = "no-duration"
	BareTrack     Flaw = "bare-track" // none of the four above
	OddName       Flaw = "odd-name"   // names as in OddTracks, and more artists
)

// Flaws that leave nothing to tell the play by.
const (
	NullTrack   Flaw = "null-track"
	NullTrackID Flaw = "null-track-id"
	NoPlayedAt  Flaw = "no-played-at"
	LocalTrack  Flaw = "local-track" // a file of the listener's: no id
)

// Flaws of a track's audio features. What OutOfRange and WrongType spoil is the same from both providers.
const (
	UnknownTrack        Flaw = "unknown-track" // to both providers
	UnknownToSpotify    Flaw = "unknown-to-spotify"
	UnknownToReccoBeats Flaw = "unknown-to-reccobeats"
	OutOfRange          Flaw = "out-of-range" // one or two values cannot be: a danceability of 1.7, a tempo of -3
	WrongType           Flaw = "wrong-type"   // one or two values are no numbers
	NoKey               Flaw = "no-key"       // the key is -1: none was found
)

// SetFlaw gives a flaw to a share (0 to 1) of all plays or, where it is one of tracks, of all tracks.
func (s *Server) SetFlaw(flaw Flaw, share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flaws[flaw] = share
}

func (s *Server) hasFlaw(p Play, listener string, flaw Flaw) bool {
	if slices.Contains(p.Flaws, flaw) {
		return true
	}
	share := s.flaws[flaw]
	return share > 0 && s.chance(p, listener, flaw) < share
}

// chance is a number in [0, 1) that belongs to a play and a purpose.
func (s *Server) chance(p Play, listener string, flaw Flaw) float64 {
	if flaw == OddName {
		return s.trackChance(p.Track.ID, flaw)
	}
	return unit(s.options.Seed, string(flaw), listener, strconv.FormatInt(p.PlayedAt.UnixMilli(), 10), p.Track.ID)
}

func (s *Server) trackHas(id string, flaw Flaw) bool { return s.trackChance(id, flaw) < s.flaws[flaw] }

// trackChance is a number in [0, 1) that belongs to a track and a purpose.
func (s *Server) trackChance(id string, flaw Flaw) float64 {
	return unit(s.options.Seed, string(flaw), id)
}

func unit(seed uint64, parts ...string) float64 {
	h := fnv.New64a()
	for _, part := range parts {
		_, _ = io.WriteString(h, part+"\x00")
	}
	return float64(mix(seed^h.Sum64())>>11) / (1 << 53)
}

// mix is the finalizer of splitmix64: it spreads a change of one bit over all.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// appearsAt is when a play is first seen.
func (s *Server) appearsAt(p Play, listener string) time.Time {
	at := p.PlayedAt
	if p.AppearsAt.After(at) {
		at = p.AppearsAt
	}
	if s.hasFlaw(p, listener, Late) {
		// The exponent fits the measured lateness: 39 of 57 late plays over 2 h, 6 over 24 h.
		late := 30 * float64(time.Hour) * math.Pow(s.chance(p, listener, "lateness"), 2.2)
		at = at.Add(time.Duration(late)).Add(time.Minute)
	}
	return at
}

// settled is a play with the flaws that change when it was or what it is of.
func (s *Server) settled(p Play, listener string) Play {
	if s.hasFlaw(p, listener, OddName) {
		i := int(s.chance(p, listener, OddName) * 1e9)
		p.Track.Name = oddNames[i%len(oddNames)]
		p.Track.Artists = append(slices.Clone(p.Track.Artists), oddArtists(i)...)
	}
	if s.hasFlaw(p, listener, NoFraction) {
		p.PlayedAt = p.PlayedAt.Truncate(time.Second)
	}
	return p
}

// twin is the other track of a play's millisecond.
func (s *Server) twin(p Play, listener string) Play {
	n := 800_000 + int(s.chance(p, listener, "twin")*90_000)
	return Play{Track: SimpleTrack(n), PlayedAt: p.PlayedAt}
}

// flawedBody is the item of a settled play, and whether it is still told who it is.
func (s *Server) flawedBody(p Play, original Play, listener string) (itemBody, bool) {
	item := p.body()
	has := func(flaws ...Flaw) bool {
		return slices.ContainsFunc(flaws, func(f Flaw) bool { return s.hasFlaw(original, listener, f) })
	}
	track := item.Track
	if has(NoImages, BareTrack) {
		track.Album.Images = nil
	}
	if has(NoAlbum, BareTrack) {
		track.Album = nil
	}
	if has(NoExternalIDs, BareTrack) {
		track.ExternalIDs = nil
	}
	if has(NoDuration, BareTrack) {
		track.DurationMS = nil
	}

	readable := true
	if has(LocalTrack) {
		item.Track, readable = p.Track.localBody(), false
	}
	if has(NullTrackID) {
		item.Track.ID, item.Track.Href, readable = nil, nil, false
	}
	if has(NullTrack) {
		item.Track, readable = nil, false
	}
	if has(NoPlayedAt) {
		item.PlayedAt, readable = "", false
	}
	return item, readable
}
