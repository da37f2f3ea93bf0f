package storageserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"spotify-insights.internal/functions/local/embedded/disk"
)

// openFolder makes a folder where it is missing.
func openFolder(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return root.Mkdir(name, 0o700)
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is %s and no folder: move it away, or put the folder in its place", filepath.Join(root.Name(), name), disk.Kind(info.Mode()))
	}
	return err
}

// lstat returns what is at a path, without following a symbolic link: listing does not follow one either.
func (s *Server) lstat(file string) (fs.FileInfo, error) {
	for i, c := range file {
		if c != '/' {
			continue
		}
		info, err := s.root.Lstat(file[:i])
		if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		if err != nil {
			return nil, err
		}
	}
	return s.root.Lstat(file)
}

// makeFolders makes the folders of an object that are missing, and returns those that get an entry with the object.
func (s *Server) makeFolders(dir string) (changed []string, err error) {
	for i, c := range dir + "/" {
		if c != '/' {
			continue
		}
		info, err := s.root.Lstat(dir[:i])
		if errors.Is(err, fs.ErrNotExist) {
			changed = append(changed, path.Dir(dir[:i]))
			err = s.root.Mkdir(dir[:i], 0o700)
		} else if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		if err != nil {
			return nil, err
		}
	}
	return append(changed, dir), nil
}

// syncFolders writes the entries of folders to the disk: without it, a power cut can lose a renamed file.
func (s *Server) syncFolders(folders []string) error {
	for _, folder := range folders {
		f, err := s.root.Open(folder)
		if errors.Is(err, fs.ErrNotExist) { // the object and its folder are deleted meanwhile
			continue
		}
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("writing the folder %s to the disk: %w", folder, err)
		}
	}
	return nil
}
