package history

// Answer is what the providers of audio features answered about a track.
type Answer int8

// The values of Answer.
const (
	Unasked Answer = iota // no provider was asked yet
	Unknown               // no provider has audio features of the track
	Found
)

// Feature is one of the audio features of a track.
type Feature int

// The audio features, as Spotify's audio-features endpoint defines them. All are 0 to 1 except those with a
// comment.
const (
	Danceability  Feature = iota
	Energy                //
	Key                   // pitch class, 0 is C; -1 where none was found
	Loudness              // dB, about -60 to 0
	Mode                  // 1 major, 0 minor
	Speechiness           //
	Acousticness          //
	Instrumental          //
	Liveness              //
	Valence               //
	Tempo                 // beats per minute
	TimeSignature         // beats in a bar
	Features      = 12    // how many there are
)

// featureColumns are the names of the features in the snapshot.
var featureColumns = [Features]string{
	"danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness", "instrumentalness",
	"liveness", "valence", "tempo", "time_signature",
}

// String returns the feature's column name.
func (f Feature) String() string { return featureColumns[f] }
