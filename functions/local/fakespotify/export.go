package fakespotify

import (
	"archive/zip"
	"bufio"
	"cmp"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

const (
	// ExportFolder is the folder of the entries in an export of the real Spotify.
	ExportFolder = "Spotify Extended Streaming History/"
	// exportFileRows is how many rows a file of a real export has. They are 12 MB.
	exportFileRows = 17_000
	// exportVideos is how many rows the file of videos has.
	exportVideos = 40
	// shortestListen is the shortest play that counts.
	shortestListen = 30 * time.Second
)

// The shares of the rows of an export that are not plainly a play.
const (
	shareShort    = 0.28       // ended within 30 s [M]
	shareNotMusic = 0.025      // podcasts and audiobooks
	shareRepeated = 0.004      // in the same file
	shareAgain    = 0.002      // in the next file too
	shareRejected = 1.0 / 4000 // local files, and rows without any uri
	shareNull     = 0.004      // no names, in the oldest file
)

// ExportOptions says how an export looks.
type ExportOptions struct {
	Folder   string // of every entry, with a slash at its end; empty is [ExportFolder]
	Seed     uint64
	FileRows int  // about how many rows a file has; 0 is as many as a real one
	Plain    bool // the plays alone, in order, with today's keys
}

// ExportCounts accounts for the rows of an export, whose plays have different times or tracks.
type ExportCounts struct {
	Files    int // with a streaming history
	Rows     int
	Plays    int // distinct, also those too short to count
	Repeated int // rows that another row equals
	NotMusic int
	Rejected int // not readable as a play
}

func (c *ExportCounts) add(kind rowKind) {
	c.Rows++
	switch kind {
	case localFile, nothing:
		c.Rejected++
	case podcast, audiobook, video:
		c.NotMusic++
	default:
		c.Plays++
	}
}

// WriteExport writes plays, which are in the order of time, as the zip that Spotify sends for a request of the extended
// streaming history. Every play is a row with its end in whole seconds. Unless it is to be plain, the rows of a file are in
// no order, and there are skips, podcasts, audiobooks, videos, repeated rows, rows that cannot be read, missing names, and
// the keys of older exports in the oldest of several files. The same plays and options give the same zip.
func WriteExport(w io.Writer, plays []Play, o ExportOptions) (counts ExportCounts, err error) {
	o.Folder, o.FileRows = cmp.Or(o.Folder, ExportFolder), cmp.Or(o.FileRows, exportFileRows)
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	defer func() {
		if err == nil {
			err = archive.Close()
		}
		if err != nil {
			err = fmt.Errorf("writing an export: %w", err)
		}
	}()
	e := exporter{ExportOptions: o, archive: archive, plays: plays, rng: rand.New(rand.NewPCG(o.Seed, streamExport)), counts: &counts}
	var again []exportRow
	for next := 0; next < len(plays); {
		var rows []exportRow
		first := next
		rows, next, again = e.file(next, again)
		years := plays[first].PlayedAt.UTC().Format("2006")
		if last := plays[next-1].PlayedAt.UTC().Format("2006"); last != years {
			years += "-" + last
		}
		old := !o.Plain && first == 0 && next < len(plays)
		if err := e.write(fmt.Sprintf("Streaming_History_Audio_%s_%d.json", years, counts.Files), rows, old); err != nil {
			return counts, err
		}
	}
	if o.Plain || len(plays) == 0 {
		return counts, nil
	}
	if err := e.writeVideos(); err != nil {
		return counts, err
	}
	pdf, err := archive.Create(o.Folder + "ReadMeFirst_ExtendedStreamingHistory.pdf")
	if err == nil {
		_, err = io.WriteString(pdf, "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n%%EOF\n")
	}
	return counts, err
}

// exporter writes one export.
type exporter struct {
	ExportOptions
	archive *zip.Writer
	plays   []Play
	rng     *rand.Rand
	counts  *ExportCounts
}

// file chooses the rows of one file: the plays from first on, with the rows of the file before that are repeated. It returns
// the first play of the next file and the rows that are repeated there.
func (e *exporter) file(first int, repeated []exportRow) (rows []exportRow, next int, again []exportRow) {
	rows = append(rows, repeated...)
	e.counts.Rows += len(repeated)
	e.counts.Repeated += len(repeated)
	add := func(row exportRow) {
		rows = append(rows, row)
		e.counts.add(row.kind)
	}
	for next = first; next < len(e.plays) && len(rows) < e.FileRows; next++ {
		row := playRow(&e.plays[next], e.rng.Uint64())
		add(row)
		if e.Plain {
			continue
		}
		if e.rng.Float64() < shareShort/(1-shareShort) {
			if skipped := &e.plays[e.nearby(next)]; skipped.Track.ID != row.track.ID {
				add(exportRow{kind: short, track: &skipped.Track, end: row.end + 1 + int64(e.rng.IntN(25)), listened: e.rng.IntN(int(shortestListen.Milliseconds())), draw: e.rng.Uint64()})
			}
		}
		if e.rng.Float64() < shareNotMusic/(1-shareShort) {
			add(exportRow{kind: podcast + rowKind(e.rng.IntN(8)/7), end: row.end + 60, listened: e.rng.IntN(3_000_000), draw: e.rng.Uint64()})
		}
		if e.rng.Float64() < shareRejected/(1-shareShort) {
			add(exportRow{kind: localFile + rowKind(e.rng.IntN(2)), track: row.track, end: row.end + 90, listened: 200_000, draw: e.rng.Uint64()})
		}
		switch chance := e.rng.Float64() * (1 - shareShort); {
		case chance < shareRepeated:
			rows = append(rows, row)
			e.counts.Rows++
			e.counts.Repeated++
		case chance < shareRepeated+shareAgain:
			again = append(again, row)
		}
	}
	if !e.Plain {
		e.rng.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
	}
	return rows, next, again
}

// nearby returns a play at most 20 before or after.
func (e *exporter) nearby(play int) int {
	return min(max(play-20+e.rng.IntN(41), 0), len(e.plays)-1)
}

func (e *exporter) writeVideos() error {
	rows := make([]exportRow, min(exportVideos, len(e.plays)))
	for i := range rows {
		play := playRow(&e.plays[e.rng.IntN(len(e.plays))], e.rng.Uint64())
		rows[i] = exportRow{kind: video, track: play.track, end: play.end + 30, listened: e.rng.IntN(240_000), draw: play.draw}
		e.counts.add(video)
	}
	first, last := e.plays[0].PlayedAt.UTC(), e.plays[len(e.plays)-1].PlayedAt.UTC()
	return e.write(fmt.Sprintf("Streaming_History_Video_%d-%d.json", first.Year(), last.Year()), rows, false)
}

// write writes one file, row by row.
func (e *exporter) write(name string, rows []exportRow, old bool) error {
	e.counts.Files++
	entry, err := e.archive.Create(e.Folder + name)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(entry, 64<<10)
	var text []byte
	for i, row := range rows {
		text = append(text[:0], ",\n"...)
		if i == 0 {
			text = append(text[:0], "[\n"...)
		}
		text = row.append(text, old)
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	if _, err := out.WriteString("\n]"); err != nil {
		return err
	}
	return out.Flush()
}
