// Package lake holds how plays and audio features are kept in Cloud Storage: the names of the objects
// and their content.
package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"time"

	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/settings"
)

// The prefixes of all that is loaded from the lake.
const (
	PlaysPrefix    = "plays/"
	FeaturesPrefix = "features/"
)

// KindFeatures is the kind of an object of audio features.
const KindFeatures = "features"

// Name is what the name of an object says.
type Name struct {
	Kind     string // plays.SourceAPI, plays.SourceExport or KindFeatures
	Listener string // "" for audio features, which are nobody's
	Zip      string // the export's hash, "" for all else
}

var (
	apiName      = regexp.MustCompile(`^plays/source=api/listener=([^/]+)/date=\d{4}-\d{2}-\d{2}/[0-9A-Za-z]+-[0-9a-f]+\.ndjson\.gz$`)
	manifestName = regexp.MustCompile(`^plays/source=export/listener=[^/]+/[0-9a-f]+/[^/]+/manifest\.json$`)
	featuresName = regexp.MustCompile(`^features/date=\d{4}-\d{2}-\d{2}/[0-9a-f]+\.ndjson\.gz$`)
	exportName   = regexp.MustCompile(`^plays/source=export/listener=([^/]+)/([0-9a-f]+)/[0-9A-Za-z.]+/[^/]+\.ndjson\.gz$`)
)

// ParseName reads an object's name; ok is false for an object that is not ours.
func ParseName(object string) (n Name, ok bool) {
	if featuresName.MatchString(object) {
		return Name{Kind: KindFeatures}, true
	}
	if m := apiName.FindStringSubmatch(object); m != nil {
		n = Name{Kind: plays.SourceAPI, Listener: m[1]}
	} else if m := exportName.FindStringSubmatch(object); m != nil {
		n = Name{Kind: plays.SourceExport, Listener: m[1], Zip: m[2]}
	}
	if !settings.ValidListener(n.Listener) {
		return Name{}, false
	}
	return n, true
}

// Manifest reports whether object is the list that stands beside an export's objects: it holds no plays.
func Manifest(object string) bool { return manifestName.MatchString(object) }

// PageName names the object of one page of the API after what is in it: the same plays always have
// the same name, so that writing a page twice is one write. body is the whole answer; its hash
// stands in where no play of the page can be read.
func PageName(listener string, rows []plays.Row, body []byte) string {
	newest, unreadable, lines := time.Unix(0, 0), time.Unix(0, 0), []string{}
	for _, row := range rows {
		switch {
		case row.Readable():
			newest = later(newest, *row.PlayedAt)
			lines = append(lines, fmt.Sprintf("%d %s\n", row.PlayedAt.UnixMilli(), *row.TrackID))
		case row.PlayedAt != nil:
			unreadable = later(unreadable, *row.PlayedAt)
		}
	}
	slices.Sort(lines)
	hash := sha256.New()
	for _, line := range slices.Compact(lines) {
		hash.Write([]byte(line))
	}
	if len(lines) == 0 {
		newest = unreadable
		hash.Write(body)
	}
	newest = newest.UTC()
	return fmt.Sprintf("%ssource=%s/listener=%s/date=%s/%s-%s.ndjson.gz", PlaysPrefix, plays.SourceAPI, listener,
		newest.Format(time.DateOnly), newest.Format("20060102T150405Z"), hex.EncodeToString(hash.Sum(nil)))
}

// FeaturesName names an object of audio features after when they were fetched and what is in it, a text
// a row.
func FeaturesName(fetchedAt time.Time, rows []string) string {
	hash := sha256.New()
	fmt.Fprintln(hash, fetchedAt.UnixMicro())
	for _, row := range slices.Sorted(slices.Values(rows)) {
		fmt.Fprintln(hash, row)
	}
	return fmt.Sprintf("%sdate=%s/%s.ndjson.gz", FeaturesPrefix, fetchedAt.UTC().Format(time.DateOnly), hex.EncodeToString(hash.Sum(nil)))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
