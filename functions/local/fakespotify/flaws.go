package fakespotify

import (
	"hash/fnv"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// Flaw is a property of a play or a track that careless code does not expect. Unlike a fault it stays: the seed and
// the play (OddName and UnknownTrack: the track) decide whether it is there.
type Flaw string

// Flaws of plays.
const (
	Late            Flaw = "late"             // it appears up to 30 h after its time: two thirds over 2 h, a tenth over 24 h
	SameMillisecond Flaw = "same-millisecond" // another track ended in the same millisecond
	NoFraction      Flaw = "no-fraction"      // it ended on a whole second, and its time has no fraction
	BareTrack       Flaw = "bare-track"       // no album, duration or external ids
	OddName         Flaw = "odd-name"         // names of other scripts, with markup or too long, and more artists
	NullTrack       Flaw = "null-track"       // not readable as a play
	NullTrackID     Flaw = "null-track-id"    // not readable as a play
)

// UnknownTrack is a flaw of tracks: ReccoBeats has no audio features of it.
const UnknownTrack Flaw = "unknown-track"

// SetFlaw gives a flaw to a share (0 to 1) of all plays or tracks.
func (s *Server) SetFlaw(flaw Flaw, share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flaws[flaw] = share
}

func (s *Server) hasFlaw(p Play, listener string, flaw Flaw) bool {
	share := s.flaws[flaw]
	return slices.Contains(p.Flaws, flaw) || share > 0 && s.chance(p, listener, flaw) < share
}

// chance is a number in [0, 1) that belongs to a play and a purpose.
func (s *Server) chance(p Play, listener string, flaw Flaw) float64 {
	if flaw == OddName {
		return unit(s.options.Seed, string(flaw), p.Track.ID)
	}
	return unit(s.options.Seed, string(flaw), listener, strconv.FormatInt(p.PlayedAt.UnixMilli(), 10), p.Track.ID)
}

// unit is a number in [0, 1) that belongs to the parts.
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

// appearsAt is when a play first appears.
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

// settled is a play with the flaws that change its time or its track.
func (s *Server) settled(p Play, listener string) Play {
	if s.hasFlaw(p, listener, OddName) {
		i := int(s.chance(p, listener, OddName) * 1e9)
		p.Track.Name = oddNames[i%len(oddNames)]
		p.Track.Artists = slices.Clone(p.Track.Artists)
		for k := range 1 + i%3 {
			n := (i + 2 + k) % len(oddNames)
			p.Track.Artists = append(p.Track.Artists, Artist{ID: catalogueID("odd-artist", n), Name: oddNames[n]})
		}
	}
	if s.hasFlaw(p, listener, NoFraction) {
		p.PlayedAt = p.PlayedAt.Truncate(time.Second)
	}
	return p
}

// item is the item of a play with the flaws that damage it, and whether it is still readable as a play.
func (s *Server) item(p shownPlay, listener string) (item object, readable bool) {
	item, readable = p.settled.item(), true
	track := item["track"].(object)
	if s.hasFlaw(p.original, listener, BareTrack) {
		delete(track, "album")
		delete(track, "duration_ms")
		delete(track, "external_ids")
	}
	if s.hasFlaw(p.original, listener, NullTrackID) {
		track["id"], track["href"], readable = nil, nil, false
	}
	if s.hasFlaw(p.original, listener, NullTrack) {
		item["track"], readable = nil, false
	}
	return item, readable
}
