package importer

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
)

const (
	// maxDirectory is the largest size of a zip's list of entries, in bytes.
	maxDirectory = 16 << 20
	// maxShownName is the length of a file's name from which its beginning is left out, in bytes.
	maxShownName = 200
)

// file is one file of an upload that may be a streaming history.
type file struct {
	number int // index among all entries of the zip
	name   string
	size   int64 // unpacked, as the zip declares it
	named  bool  // its name is that of a streaming history
	open   func() (io.ReadCloser, error)
	broken error // why it cannot be opened
}

// open returns the files of an upload in the order of the zip. The error is permanent where the upload is neither a zip
// nor JSON.
func open(source *ranges, name string) ([]*file, error) {
	begin := make([]byte, 512)
	n, err := source.ReadAt(begin, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	begin = begin[:n]
	extension := strings.ToLower(path.Ext(name))
	switch {
	case bytes.HasPrefix(begin, []byte("PK")):
		return openZip(source)
	case n == 0:
		return nil, faults.New(faults.Invalid, "Upload the file again.", "it is empty")
	case bytes.HasPrefix(bytes.TrimSpace(begin), []byte("<")):
		return nil, faults.New(faults.Invalid, "Open the link in Spotify's email in a browser where you are logged in, and upload the zip file that it downloads.", "it is a web page, not an export")
	case extension == ".zip":
		return nil, faults.New(faults.Invalid, "Download the export again, and upload the zip file as it is.", "it is not a zip file, although its name ends in .zip")
	case extension != ".json":
		return nil, faults.New(faults.Invalid, "Upload the zip file that Spotify sent, or a JSON file of it.", "it is neither a .zip nor a .json file")
	}
	return []*file{{name: shown(name), size: source.object.Size, named: true, open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(source, 0, source.object.Size)), nil
	}}}, nil
}

func openZip(source *ranges) ([]*file, error) {
	directory := &bounded{source, maxDirectory}
	archive, err := zip.NewReader(directory, source.object.Size)
	if errors.Is(err, errDirectory) || err == nil && len(archive.File) > lake.MaxManifestFiles {
		return nil, faults.New(faults.Invalid, "Upload the zip file that Spotify sent, as it is.", "the zip has more than %d files", lake.MaxManifestFiles)
	}
	if err != nil {
		return nil, faults.New(faults.Invalid, "Download the export again, check that the download is complete, and upload it again.", "the zip is cut short or damaged: %w", err)
	}
	directory.left = 1 << 62 // from now on files are read
	archive.RegisterDecompressor(zip.Deflate, flate.NewReader)
	var files []*file
	same := map[string]int{} // base names
	for number, entry := range archive.File {
		if f := fileOf(number, entry); f != nil {
			files = append(files, f)
			same[path.Base(f.name)]++
		}
	}
	for _, f := range files {
		if base := path.Base(f.name); same[base] == 1 {
			f.name = base
		}
		f.name = shown(f.name)
	}
	return files, nil
}

// fileOf returns an entry that may be a streaming history, else nil.
func fileOf(number int, entry *zip.File) *file {
	name := path.Clean("/" + strings.ReplaceAll(entry.Name, `\`, "/"))[1:]
	base := strings.ToLower(path.Base(name))
	f := &file{number: number, name: name, size: int64(min(entry.UncompressedSize64, maxUnpacked+1)), open: entry.Open}
	f.named = strings.HasPrefix(base, "streaming_history") || strings.HasPrefix(base, "endsong")
	switch {
	case entry.FileInfo().IsDir() || strings.HasPrefix(base, "._") || strings.HasPrefix(name, "__MACOSX/"): // a Mac adds them
		return nil
	case strings.HasSuffix(base, ".zip"):
		f.broken = errNested
	case !strings.HasSuffix(base, ".json") && !f.named:
		return nil
	case entry.Flags&1 != 0:
		f.broken = errEncrypted
	}
	return f
}

// shown returns a name without bytes that are not text, and without the beginning of a name that is too long.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if len(name) > maxShownName {
		name = "…" + strings.ToValidUTF8(name[len(name)-maxShownName:], "")
	}
	return name
}

// bounded ends the reading of a zip's list of entries, which is in memory, where it is too long.
type bounded struct {
	io.ReaderAt
	left int64
}

var errDirectory = errors.New("the list of files is too long")

func (b *bounded) ReadAt(p []byte, offset int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errDirectory
	}
	return b.ReaderAt.ReadAt(p, offset)
}
