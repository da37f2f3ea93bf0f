package historytest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"

	"spotify-insights.internal/shared/insights"
)

// Listen is a row of the listens of a snapshot.
type Listen struct {
	PlayedAt   int64  `parquet:"played_at"`
	TrackID    string `parquet:"track_id,dict"`
	MSPlayed   *int64 `parquet:"ms_played"`
	MSMeasured bool   `parquet:"ms_measured"`
	ToldBy     string `parquet:"told_by,dict"`
	FollowsGap bool   `parquet:"follows_gap"`
	Finished   *bool  `parquet:"finished"`
}

// Day is a row of the listens of a public snapshot.
type Day struct {
	Day      int64  `parquet:"day"`
	TrackID  string `parquet:"track_id,dict"`
	MSPlayed *int64 `parquet:"ms_played"`
}

// Track is a row of the tracks of a snapshot.
type Track struct {
	TrackID       string   `parquet:"track_id"`
	TrackName     *string  `parquet:"track_name"`
	Artists       *string  `parquet:"artists,dict"`
	ArtistName    *string  `parquet:"artist_name,dict"`
	ArtistID      *string  `parquet:"artist_id,dict"`
	Album         *string  `parquet:"album,dict"`
	AlbumID       *string  `parquet:"album_id,dict"`
	AlbumArtist   *string  `parquet:"album_artist,dict"`
	ISRC          *string  `parquet:"isrc"`
	DurationMS    *int64   `parquet:"duration_ms"`
	SpotifyURL    *string  `parquet:"spotify_url"`
	ImageURL      *string  `parquet:"image_url,dict"`
	FeaturesFound *bool    `parquet:"features_found"`
	Danceability  *float64 `parquet:"danceability"`
	Energy        *float64 `parquet:"energy"`
	Key           *int64   `parquet:"key"`
	Loudness      *float64 `parquet:"loudness"`
	Mode          *int64   `parquet:"mode"`
	Speechiness   *float64 `parquet:"speechiness"`
	Acousticness  *float64 `parquet:"acousticness"`
	Instrumental  *float64 `parquet:"instrumentalness"`
	Liveness      *float64 `parquet:"liveness"`
	Valence       *float64 `parquet:"valence"`
	Tempo         *float64 `parquet:"tempo"`
	TimeSignature *int64   `parquet:"time_signature"`
}

// Encode writes rows as a Parquet file.
func Encode[T any](rows []T, options ...parquet.WriterOption) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Put writes a snapshot, one file of listens and one of tracks, and returns its entry in a document. Listens are
// of type Listen, or Day for a public snapshot.
func Put[L any](b *Bucket, prefix string, asOf time.Time, listens []L, tracks []Track) insights.Snapshot {
	s := insights.Snapshot{
		AsOf:    asOf,
		Listens: insights.Files{Names: []string{prefix + "listens-000000000000.parquet"}, Rows: int64(len(listens))},
		Tracks:  insights.Files{Names: []string{prefix + "tracks-000000000000.parquet"}, Rows: int64(len(tracks))},
	}
	b.Put(s.Listens.Names[0], Encode(listens, parquet.Compression(&parquet.Snappy)))
	b.Put(s.Tracks.Names[0], Encode(tracks, parquet.Compression(&parquet.Snappy)))
	return s
}

// PutDocument writes a snapshot and a listener's private document that refers to it.
func PutDocument(b *Bucket, listener string, asOf time.Time, listens []Listen, tracks []Track) insights.Document {
	prefix := fmt.Sprintf("%sa%d/", insights.SnapshotPrefix(listener), asOf.UnixMicro())
	d := insights.Document{Listener: listener, AsOf: asOf, Snapshot: Put(b, prefix, asOf, listens, tracks), Status: &insights.Warehouse{}}
	b.PutJSON(insights.DocumentName(listener), d)
	return d
}
