package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"spotify-insights.internal/shared/lake"
)

const (
	// blockRows is the number of rows that one goroutine makes. Objects have whole blocks, except for a file's last one.
	blockRows = 1000
	// maxPart is how many bytes of a file become one object, which ends with the block that exceeds it. 50,000 ordinary rows
	// have less. load accepts 64 MB, which is more than the object has, even where its text hardly compresses.
	maxPart = 64 << 20
	// maxUnpacked is the largest size of all files together, in bytes.
	maxUnpacked = 8 << 30
)

// block is a few elements of a file.
type block struct {
	data []byte // the elements one after the other
	ends []int
}

func (b *block) element(i int) []byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.data[start:b.ends[i]]
}

// part is the rows of a file that become one object.
type part struct {
	file   *file
	first  int // index of the first row in the file
	rows   int
	size   int
	blocks []*block
	end    error // nil, or why no part of the file follows: [io.EOF] where all of it was read
}

// reader reads the files of an upload one after the other.
type reader struct {
	source *ranges
	read   atomic.Int64 // bytes of all files
}

// each reads a file and sends its parts, the last one with its end. It sends nothing of a file that is no streaming
// history, unless its name is that of one. The error is that of the storage or of send.
func (r *reader) each(f *file, send func(part) error) error {
	p := part{file: f}
	content, err := io.ReadCloser(nil), f.broken
	if err == nil {
		content, err = f.open()
	}
	if r.source.err != nil {
		return r.source.err
	}
	if err != nil {
		if p.end = err; f.named || f.broken != nil {
			return send(p)
		}
		return nil
	}
	defer content.Close()
	list := newElements(&counted{content, &r.read})
	for known := false; ; {
		b, err := readBlock(list)
		if r.source.err != nil { // what was read is not the end of the file
			return r.source.err
		}
		if !known {
			known = true
			if err := recognise(f, b, err); err == errSilent {
				return nil
			} else if err != nil {
				p.end = err
				return send(p)
			}
		}
		p.blocks, p.rows, p.size, p.end = append(p.blocks, b), p.rows+len(b.ends), p.size+len(b.data), err
		if err != nil || p.rows >= lake.ExportRows || p.size >= maxPart {
			if sent := send(p); sent != nil || err != nil {
				return sent
			}
			p = part{file: f, first: p.first + p.rows}
		}
	}
}

var errSilent = errors.New("the file is no streaming history")

// recognise returns nil for a file that begins with the block of a streaming history. end is why the block has no more
// elements.
func recognise(f *file, b *block, end error) error {
	for i := range b.ends {
		switch formOf(b.element(i)) {
		case extended:
			return nil
		case short:
			return errShort
		}
	}
	damaged := end != nil && !errors.Is(end, io.EOF)
	switch {
	case errors.Is(end, errTooMuch):
		return end
	case !f.named:
		return errSilent
	case damaged && len(b.ends) == 0:
		return end
	case len(b.ends) == 0:
		return nil // an empty list
	}
	return errNoHistory
}

// readBlock reads some elements. The error is why no more follow, or nil.
func readBlock(list *elements) (*block, error) {
	b := &block{data: make([]byte, 0, 1<<20), ends: make([]int, 0, blockRows)}
	for len(b.ends) < blockRows && len(b.data) < maxPart/8 {
		element, err := list.next()
		if err != nil {
			return b, err
		}
		b.data = append(b.data, element...)
		b.ends = append(b.ends, len(b.data))
	}
	return b, nil
}

// counted counts the bytes of all files, and ends where they are too many.
type counted struct {
	r    io.Reader
	read *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.read.Add(int64(n)) > maxUnpacked {
		return 0, errTooMuch
	}
	return n, err
}

// writeObjects reads the files and writes their rows to the lake. The next part is read while one is written.
func (r *run) writeObjects(ctx context.Context, source *ranges, files []*file) error {
	existing, err := r.existing(ctx)
	if err != nil {
		return err
	}
	in := &reader{source: source}
	parts := make(chan part)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(parts)
		for _, f := range files {
			err := in.each(f, func(p part) error {
				select {
				case parts <- p:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for p := range parts {
			if err := r.write(ctx, p, existing); err != nil {
				return err
			}
			r.status.Read = min(in.read.Load(), r.status.Size)
			r.progress(ctx)
		}
		return nil
	})
	return group.Wait()
}

// existing returns the names of the objects that an earlier run has written.
func (r *run) existing(ctx context.Context) (map[string]bool, error) {
	list, err := r.Lake.List(ctx, lake.ExportPrefix(r.listener, r.status.Zip))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, o := range list {
		names[o.Name] = true
	}
	return names, nil
}

// write makes an object of a part, and adds the part to the account of its file.
func (r *run) write(ctx context.Context, p part, existing map[string]bool) error {
	account := r.account(p.file)
	if p.rows > 0 {
		name := lake.ExportName(r.listener, r.status.Zip, p.file.number, p.first, p.first+p.rows-1)
		blocks := make([]rows, len(p.blocks))
		var group errgroup.Group
		group.SetLimit(runtime.GOMAXPROCS(0))
		first := p.first
		for i, b := range p.blocks {
			blocks[i] = rows{listener: r.listener, object: name, file: p.file.name, first: first, importedAt: r.upload.Created, only: existing[name]}
			first += len(b.ends)
			group.Go(func() error {
				defer func() { p.blocks[i] = nil }() // frees the memory
				return blocks[i].make(b)
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		var content []byte
		for _, b := range blocks {
			content = append(content, b.content...)
			account.NotMusic, account.Rejected = account.NotMusic+b.notMusic, account.Rejected+b.rejected
			room := max(0, lake.MaxRejectedRows-len(account.RejectedRows))
			account.RejectedRows = append(account.RejectedRows, b.rejectedRows[:min(room, len(b.rejectedRows))]...)
			r.span.add(b.span.oldest)
			r.span.add(b.span.newest)
		}
		account.Rows += int64(p.rows)
		r.status.Rows += int64(p.rows)
		if !existing[name] {
			written, err := r.Lake.Create(ctx, name, lake.ContentType, content)
			if err != nil {
				return fmt.Errorf("writing %d rows: %w", p.rows, err)
			}
			if written {
				r.written++
			}
		}
	}
	if p.end != nil && p.end != io.EOF {
		account.Error = explain(p.end, p.first+p.rows)
	}
	return nil
}

// account returns the account of a file, which is the last one.
func (r *run) account(f *file) *lake.ManifestFile {
	if n := len(r.status.Files); n == 0 || r.status.Files[n-1].Number != f.number {
		r.status.Files = append(r.status.Files, lake.ManifestFile{Number: f.number, Name: f.name})
	}
	return &r.status.Files[len(r.status.Files)-1]
}

// writeManifest makes the import complete. load loads it after all other objects are in the lake.
func (r *run) writeManifest(ctx context.Context, m lake.Manifest) error {
	content, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding the manifest: %w", err)
	}
	_, err = r.Lake.Create(ctx, lake.ManifestName(r.listener, r.status.Zip), "application/json", content)
	return err
}
