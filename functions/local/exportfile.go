package main

import (
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"spotify-insights.internal/functions/importer"
	"spotify-insights.internal/shared/faults"
)

const (
	// choice says which file is an export.
	choice = "the zip that Spotify sent, such as my_spotify_data.zip, or a .json file from it."
	// uploadType is the content type of an upload. The importer looks at its content only.
	uploadType = "application/octet-stream"
	// maxName is the length to which the name of a file is cut, in bytes.
	maxName = 120
)

// exportFile is an export on this machine.
type exportFile struct {
	*os.File
	size int64
	demo bool // of the demo's listener
}

// openExport opens a file that may be an export. The error says why it cannot be one.
func openExport(file string) (e *exportFile, err error) {
	if rest, ok := strings.CutPrefix(file, "~/"); ok { // some shells do not expand it within FILE=~/...
		if home, err := os.UserHomeDir(); err == nil {
			file = filepath.Join(home, rest)
		}
	}
	info, err := os.Stat(file) // before it is opened, because opening a pipe waits
	if errors.Is(err, os.ErrNotExist) {
		return nil, faults.New(faults.Missing, "Give the path of "+choice, "there is no file %s", file)
	}
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, faults.New(faults.Invalid, "Give the path of "+choice, "%s is a folder", file)
	}
	if !info.Mode().IsRegular() {
		return nil, faults.New(faults.Invalid, "Give the path of "+choice, "%s is not a regular file", file)
	}
	if _, err := uploadName("me", file); err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, emptyExport()
	}
	if info.Size() > importer.MaxUpload {
		return nil, tooLarge()
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	head := make([]byte, peeked)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, f.Close())
	}
	return &exportFile{f, info.Size(), isDemoExport(head[:n])}, nil
}

func emptyExport() error {
	return faults.New(faults.Invalid, "Download it from Spotify again.", "the file is empty")
}

func tooLarge() error {
	return faults.New(faults.Invalid, "An export of twenty years has less than 1 GB. Choose "+choice, "the file has more than 2 GB")
}

// uploadName returns the name of the object for a listener's file. It keeps what can be part of every object's name.
func uploadName(listenerID, file string) (string, error) {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	extension := path.Ext(name)
	if !slices.Contains([]string{".zip", ".json"}, strings.ToLower(extension)) {
		return "", faults.New(faults.Invalid, "Choose "+choice, "%s is neither a .zip nor a .json file", faults.Quote(name))
	}
	stem := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.() ", r) {
			return r
		}
		return '_'
	}, strings.TrimSuffix(name, extension))
	for len(stem) > maxName {
		_, last := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-last]
	}
	if stem = strings.TrimLeft(stem, ". "); stem == "" {
		stem = "export"
	}
	return "listener=" + listenerID + "/" + stem + strings.ToLower(extension), nil
}
