package storageserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"syscall"

	"spotify-insights.internal/functions/local/embedded/disk"
)

// list describes up to limit objects whose names begin with prefix and come after a name, in the order of their names.
// next is the name to go on after, or "" at the end.
func (s *Server) list(bucket, prefix, after string, limit int) (objects []Object, next string, err error) {
	if err := s.checkBucket(bucket); err != nil {
		return nil, "", err
	}
	folder, _ := path.Split(prefix)
	if folder != "" && nameFault(path.Clean(folder)) != nil {
		return nil, "", nil
	}
	if info, err := s.lstat(path.Join(bucket, folder)); err != nil || !info.IsDir() {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			err = nil
		}
		return nil, "", err
	}
	names, err := s.walk(bucket, folder, prefix, after, limit+1)
	if len(names) > limit {
		names, next = names[:limit], names[limit-1]
	}
	for _, name := range names {
		info, err := s.root.Lstat(path.Join(bucket, name))
		o, err := describe(bucket, name, info, err)
		if errors.Is(err, fs.ErrNotExist) { // deleted meanwhile
			continue
		}
		if err != nil {
			return nil, "", err
		}
		objects = append(objects, o)
	}
	return objects, next, err
}

// All describes all objects in a bucket.
func (s *Server) All(bucket string) ([]Object, error) {
	objects, _, err := s.list(bucket, "", "", math.MaxInt32)
	if err != nil {
		return nil, fmt.Errorf("listing gs://%s: %w", bucket, err)
	}
	return objects, nil
}

// Match returns the name of one object that begins with prefix and ends with suffix, or "" if there is none. Match and
// Write are for the embedded BigQuery, which is in the same process. The error is [fs.ErrNotExist] where there is no
// such bucket.
func (s *Server) Match(_ context.Context, bucket, prefix, suffix string) (string, error) {
	objects, _, err := s.list(bucket, prefix, "", math.MaxInt32)
	if err != nil {
		return "", fmt.Errorf("listing gs://%s/%s: %w", bucket, prefix, err)
	}
	for _, o := range objects {
		if strings.HasSuffix(o.Name[len(prefix):], suffix) {
			return o.Name, nil
		}
	}
	return "", nil
}

// walk returns the names in a folder for list. A folder is sorted with the slash at its end, as in the names below it.
func (s *Server) walk(bucket, folder, prefix, after string, limit int) (names []string, err error) {
	entries, err := fs.ReadDir(s.root.FS(), path.Join(bucket, folder))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // deleted meanwhile, or never there
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		name := folder + entry.Name()
		switch {
		case strings.HasSuffix(name, metadataSuffix):
		case nameFault(name) != nil:
			s.skipped.Name(path.Join(bucket, folder), entry.Name(), "no object has such a name")
		case entry.IsDir():
			paths = append(paths, name+"/")
		case entry.Type().IsRegular():
			paths = append(paths, name)
		default:
			s.skipped.Name(path.Join(bucket, folder), entry.Name(), disk.Kind(entry.Type()))
		}
	}
	slices.Sort(paths)
	for _, p := range paths {
		switch isFolder := strings.HasSuffix(p, "/"); {
		case len(names) >= limit:
			return names, nil
		case isFolder && (strings.HasPrefix(p, prefix) || strings.HasPrefix(prefix, p)) && (p > after || strings.HasPrefix(after, p)):
			below, err := s.walk(bucket, p, prefix, after, limit-len(names))
			if err != nil {
				return nil, err
			}
			names = append(names, below...)
		case !isFolder && strings.HasPrefix(p, prefix) && p > after:
			names = append(names, p)
		}
	}
	return names, nil
}
