// Package lake defines the objects in which plays and audio features are stored in Cloud Storage: their names and
// their content.
package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"spotify-insights.internal/shared/listener"
)

// The prefixes of the objects that are loaded into the warehouse.
const (
	PlaysPrefix    = "plays/"
	FeaturesPrefix = "features/"
)

// ExportsPrefix begins the names of all objects of exports.
const ExportsPrefix = PlaysPrefix + "source=" + SourceExport + "/"

// PagesPrefix begins the names of all API pages of a listener. They go on with the day of their newest play.
func PagesPrefix(listener string) string {
	return fmt.Sprintf("%ssource=%s/listener=%s/", PlaysPrefix, SourceAPI, listener)
}

// Since is the beginning of the names of API pages or audio features since a day, below their prefix.
func Since(prefix string, day time.Time) string {
	return prefix + "date=" + day.UTC().Format(time.DateOnly)
}

// The kinds of objects that are not plays of a source.
const (
	KindFeatures = "features"
	KindImport   = "import" // the manifest of an export
)

// Name contains the parts of an object's name.
type Name struct {
	Kind     string // SourceAPI, SourceExport, KindFeatures or KindImport
	Listener string // "" for audio features, which belong to no listener
	Zip      string // hash of the export, "" for another kind
}

var (
	apiName      = regexp.MustCompile(`^plays/source=api/listener=([^/]+)/date=\d{4}-\d{2}-\d{2}/[0-9A-Za-z]+-[0-9a-f]+\.ndjson\.gz$`)
	manifestName = regexp.MustCompile(`^plays/source=export/listener=([^/]+)/([0-9a-f]+)/[^/]+/manifest\.json$`)
	featuresName = regexp.MustCompile(`^features/date=\d{4}-\d{2}-\d{2}/[0-9a-f]+\.ndjson\.gz$`)
	exportName   = regexp.MustCompile(`^plays/source=export/listener=([^/]+)/([0-9a-f]+)/[0-9A-Za-z.]+/[^/]+\.ndjson\.gz$`)
)

// ParseName parses the name of an object. ok is false for an object that this program did not write.
func ParseName(object string) (n Name, ok bool) {
	if featuresName.MatchString(object) {
		return Name{Kind: KindFeatures}, true
	}
	if m := apiName.FindStringSubmatch(object); m != nil {
		n = Name{Kind: SourceAPI, Listener: m[1]}
	} else if m := exportName.FindStringSubmatch(object); m != nil {
		n = Name{Kind: SourceExport, Listener: m[1], Zip: m[2]}
	} else if m := manifestName.FindStringSubmatch(object); m != nil {
		n = Name{Kind: KindImport, Listener: m[1], Zip: m[2]}
	}
	if !listener.Valid(n.Listener) {
		return Name{}, false
	}
	return n, true
}

// SplitVersion is the version of the rules by which an export is split into objects. Objects of several versions may
// exist of one export: the refresh removes their duplicates.
const SplitVersion = 1

// ExportRows is the number of rows of an export's object. The last object of a file has fewer.
const ExportRows = 50_000

// ExportPrefix begins the names of all objects of one export. zip is the hash of the export in lower-case hexadecimal
// digits.
func ExportPrefix(listener, zip string) string {
	return fmt.Sprintf("%ssource=%s/listener=%s/%s/%d/", PlaysPrefix, SourceExport, listener, zip, SplitVersion)
}

// ExportName returns the name of the object with the rows first to last of a file. The files of an export have numbers,
// because two of them can have one name.
func ExportName(listener, zip string, file, first, last int) string {
	return fmt.Sprintf("%s%d-%d-%d.ndjson.gz", ExportPrefix(listener, zip), file, first, last)
}

var exportFile = regexp.MustCompile(`/(\d{1,9})-\d+-\d+\.ndjson\.gz$`)

// ExportFile returns the number of the file in the name of an export's object. ok is false for another name.
func ExportFile(object string) (file int, ok bool) {
	m := exportFile.FindStringSubmatch(object)
	if m == nil {
		return 0, false
	}
	file, err := strconv.Atoi(m[1])
	return file, err == nil
}

// ManifestName returns the name of the object with an export's [Manifest].
func ManifestName(listener, zip string) string { return ExportPrefix(listener, zip) + "manifest.json" }

// PageName returns the name of the object of one API page. It contains the instant of the newest play, and a hash
// over the sorted unique times and track ids of the plays and the sorted unique items of the rejected rows. So
// equal API pages have one name, and a page in which only a rejected row is new has a new name.
func PageName(listener string, rows []PlayRow) string {
	newest, rejected, lines := time.Unix(0, 0), time.Unix(0, 0), []string{}
	for _, row := range rows {
		if row.IsPlay() {
			newest = later(newest, *row.PlayedAt)
			lines = append(lines, fmt.Sprintf("%d %s\n", row.PlayedAt.UnixMilli(), *row.TrackID))
			continue
		}
		if row.PlayedAt != nil {
			rejected = later(rejected, *row.PlayedAt)
		}
		if row.Item != nil {
			lines = append(lines, fmt.Sprintf("item %s\n", *row.Item))
		}
	}
	slices.Sort(lines)
	hash := sha256.New()
	for _, line := range slices.Compact(lines) {
		hash.Write([]byte(line))
	}
	if newest.Unix() == 0 { // the page has no play
		newest = rejected
	}
	newest = newest.UTC()
	return fmt.Sprintf("%s/%s-%s.ndjson.gz", Since(PagesPrefix(listener), newest), newest.Format("20060102T150405Z"), hex.EncodeToString(hash.Sum(nil)))
}

// FeaturesName returns the name of an object of audio features. It contains the day of fetching, and a hash over
// the time of fetching and the rows, which are given as one text each.
func FeaturesName(fetchedAt time.Time, rows []string) string {
	hash := sha256.New()
	fmt.Fprintln(hash, fetchedAt.UnixMicro())
	for _, row := range slices.Sorted(slices.Values(rows)) {
		fmt.Fprintln(hash, row)
	}
	return fmt.Sprintf("%s/%s.ndjson.gz", Since(FeaturesPrefix, fetchedAt), hex.EncodeToString(hash.Sum(nil)))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
