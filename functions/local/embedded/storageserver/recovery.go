package storageserver

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// attributesSuffix is of the files that hold attributes where the file system has no extended ones.
const attributesSuffix = ".metadata"

// finishWrites makes every file under root an object again.
//
// The fake writes an object in two steps: the whole content, put in place by a rename, then its attributes. A kill
// between the two leaves content without attributes, or with those of the object it replaced; the first makes the
// fake refuse to list the bucket at all, the second makes clients refuse the content. So does a copy of the root made
// with a tool that leaves out extended attributes. The content is whole in every case, so the write is finished and
// not undone: its writer had no answer, either outcome is right, and nothing kept is ever thrown away. The attributes
// are made anew: a new generation, and the content type that goes with the name's extension.
//
// Files whose name begins with a dot and that are no objects are temporary ones of the fake's, or a file manager's,
// and removed. No object is named so (checkObjectName).
func finishWrites(root string, fake *fakestorage.Server) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(root, e.Name())
		switch {
		case e.IsDir():
			bucket, err := url.PathUnescape(e.Name())
			if err != nil {
				return fmt.Errorf("folder %s is no bucket: %w", path, err)
			}
			if err := finishBucket(path, bucket, fake); err != nil {
				return fmt.Errorf("finishing writes to bucket %s: %w", bucket, err)
			}
		case strings.HasPrefix(e.Name(), "."):
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func finishBucket(dir, bucket string, fake *fakestorage.Server) error {
	finished := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || isAttributesFile(path) {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		obj, err := fake.GetObjectStreaming(bucket, name)
		if err == nil { // its content is opened by the first read only: nothing to close
			if stale, err := hasStaleAttributes(path, obj.Crc32c); err != nil || !stale {
				return err
			}
		} else if strings.HasPrefix(e.Name(), ".") {
			return os.Remove(path)
		}
		finished++
		return adopt(path, bucket, name, fake)
	})
	if finished > 0 {
		slog.Warn("storage: finished writes that were cut short", "bucket", bucket, "objects", finished)
	}
	return err
}

// isAttributesFile tells them by the object they stand beside.
func isAttributesFile(path string) bool {
	object, ok := strings.CutSuffix(path, attributesSuffix)
	if !ok {
		return false
	}
	_, err := os.Lstat(object)
	return err == nil
}

// hasStaleAttributes tells if the content was replaced after its attributes file was written. The times only say where
// to look: they are too coarse to tell two quick writes apart, and copies have others. The checksum decides.
func hasStaleAttributes(path, crc32c string) (bool, error) {
	attrs, err := os.Stat(path + attributesSuffix)
	if err != nil {
		return false, nil // extended attributes go with their file
	}
	content, err := os.Stat(path)
	if err != nil || content.ModTime().Before(attrs.ModTime()) {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if _, err := io.Copy(sum, f); err != nil {
		return false, err
	}
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum.Sum32())) != crc32c, nil
}

// adopt writes the file once more, as an object.
func adopt(path, bucket, name string, fake *fakestorage.Server) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return fake.CreateObjectStreaming(fakestorage.StreamingObject{
		ObjectAttrs: fakestorage.ObjectAttrs{BucketName: bucket, Name: name, ContentType: contentType(name)},
		Content:     f,
	})
}

// contentType knows the extensions that the lake, the insights and the uploads have.
func contentType(name string) string {
	switch filepath.Ext(name) {
	case ".gz":
		return "application/gzip"
	case ".json":
		return "application/json"
	case ".zip":
		return "application/zip"
	}
	return "application/octet-stream"
}
