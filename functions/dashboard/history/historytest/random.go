package historytest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Random returns n listens of at most the given number of tracks, in the days before asOf. A fifth of the
// tracks has names and no ids, as in an export. A few listens are at the same instant. Of a few of an export it is
// unknown how they ended.
func Random(seed uint64, n, tracks, days int, asOf time.Time) ([]Listen, []Track) {
	r, ends := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
	all := make([]Track, tracks)
	for i := range all {
		all[i] = randomTrack(r, i, tracks)
	}
	played := map[string]bool{}
	listens := make([]Listen, n)
	span := int64(days) * 86400e6
	for i := range listens {
		t := &all[min(int(r.ExpFloat64()*float64(tracks)/6), tracks-1)]
		l := Listen{PlayedAt: asOf.UnixMicro() - 1 - r.Int64N(span)/1000*1000, TrackID: t.TrackID, ToldBy: []string{"api", "export", "both"}[r.IntN(3)], FollowsGap: r.IntN(100) == 0}
		if i > 0 && r.IntN(200) == 0 {
			l.PlayedAt = listens[i-1].PlayedAt
		}
		if r.IntN(20) > 0 {
			l.MSPlayed, l.MSMeasured = new(r.Int64N(400_000)), l.ToldBy != "api"
		}
		if l.ToldBy != "api" && ends.IntN(20) > 0 {
			l.Finished = new(ends.IntN(3) > 0)
		}
		listens[i], played[l.TrackID] = l, true
	}
	slices.SortFunc(listens, func(a, b Listen) int {
		return cmp.Or(cmp.Compare(a.PlayedAt, b.PlayedAt), cmp.Compare(a.TrackID, b.TrackID))
	})
	return listens, slices.DeleteFunc(all, func(t Track) bool { return !played[t.TrackID] })
}

func randomTrack(r *rand.Rand, i, tracks int) Track {
	artist := r.IntN(tracks/5 + 1)
	album := artist*3 + r.IntN(3)
	t := Track{
		TrackID:    fmt.Sprintf("%022x", r.Uint64()),
		TrackName:  new(fmt.Sprintf("Song %d of the Ünïcode %x", i, r.Uint32())),
		ArtistName: new(fmt.Sprintf("Artist %d", artist)),
		Album:      new(fmt.Sprintf("Album %d", album)),
		SpotifyURL: new("https://open.spotify.com/track/x"),
		DurationMS: new(60_000 + r.Int64N(300_000)),
	}
	t.Artists, t.AlbumArtist = t.ArtistName, t.ArtistName
	if r.IntN(5) > 0 {
		t.ArtistID = new(fmt.Sprintf("ar%020d", artist))
		t.AlbumID = new(fmt.Sprintf("al%020d", album))
		t.ISRC = new(fmt.Sprintf("ZZ%010d", i))
		t.ImageURL = new(fmt.Sprintf("https://i.scdn.co/image/%040x", album))
		t.FeaturesFound = new(true)
		t.Danceability, t.Energy, t.Valence = new(r.Float64()), new(r.Float64()), new(r.Float64())
		t.Loudness, t.Tempo, t.Key = new(-60*r.Float64()), new(40+180*r.Float64()), new(r.Int64N(12))
	} else if r.IntN(2) == 0 {
		t.FeaturesFound = new(false)
	}
	return t
}
