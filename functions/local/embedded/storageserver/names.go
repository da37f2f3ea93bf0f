package storageserver

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkObjectName takes the names that Cloud Storage takes, less those that are not safe as a path below the bucket's
// folder, and less those that mean something to finishWrites: names of files that begin with a dot, and the names of
// attribute files. https://cloud.google.com/storage/docs/objects#naming
func checkObjectName(name string) error {
	err := objectNameFault(name)
	if err != nil {
		return fmt.Errorf("invalid object name %.100q: %w", name, err)
	}
	return nil
}

func objectNameFault(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case len(name) > 1024:
		return errors.New("it is longer than 1024 bytes")
	case !utf8.ValidString(name):
		return errors.New("it is not UTF-8")
	case strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("it has control characters")
	case strings.ContainsRune(name, '\\'):
		return errors.New("the embedded storage takes no backslashes")
	case strings.HasSuffix(name, attributesSuffix):
		return fmt.Errorf("the embedded storage takes no names that end in %s", attributesSuffix)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment[0] == '.' {
			return errors.New("the embedded storage takes no segments that are empty or begin with a dot")
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return errors.New("it is no path below a folder on this system")
	}
	return nil
}
