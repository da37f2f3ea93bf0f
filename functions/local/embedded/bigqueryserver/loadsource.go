package bigqueryserver

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
)

const (
	// blockSize is how much of a source is read at a time. A longer line grows its block.
	blockSize = 1 << 20
	// maxLine is BigQuery's limit on a row of JSON.
	maxLine = 100 << 20
)

// source is one file of a load job.
type source struct {
	uri  string // as the job names it, for messages; "" of an upload
	open func(ctx context.Context) (io.ReadCloser, error)
}

// objectSource is the source behind a gs:// URI.
func (s *Server) objectSource(uri string) (source, error) {
	bucket, name, ok := strings.Cut(strings.TrimPrefix(uri, "gs://"), "/")
	switch {
	case !strings.HasPrefix(uri, "gs://"), !ok, bucket == "", name == "":
		return source{}, invalid("Source URI must be a Google Cloud Storage location: %s", uri)
	case strings.Contains(uri, "*"):
		return source{}, notImplemented("wildcards in source URIs; name the objects: %s", uri)
	case s.objects == nil:
		return source{}, notImplemented("source URIs: it was started without a storage")
	}
	return source{uri, func(ctx context.Context) (io.ReadCloser, error) { return s.objects.Open(ctx, bucket, name) }}, nil
}

// block is a piece of a source's content, in whole lines.
type block struct {
	lines  []byte
	start  int64 // where it begins, in the content
	uri    string
	stored int64 // with the last block: the bytes of the whole source as it is stored
	err    error // what ended the source early
}

// blocks are used again: a block's memory is free once its rows have been appended.
var blocks = sync.Pool{New: func() any { return new(make([]byte, 0, blockSize)) }}

func (b *block) free() {
	if cap(b.lines) == blockSize {
		blocks.Put(new(b.lines[:0]))
	}
}

// countingReader counts the bytes read.
type countingReader struct {
	io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// decoder is what reading a source needs and the next source can use again.
type decoder struct {
	buffered *bufio.Reader
	gzip     *gzip.Reader
}

var decoders = sync.Pool{New: func() any { return &decoder{bufio.NewReaderSize(nil, 64<<10), new(gzip.Reader)} }}

// content is the text of what is stored, which may be gzip.
func (d *decoder) content(stored io.Reader) (io.Reader, error) {
	d.buffered.Reset(stored)
	if magic, _ := d.buffered.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return d.buffered, nil
	}
	return d.gzip, d.gzip.Reset(d.buffered)
}

// read cuts a source's content into blocks of whole lines. The only error is emit's, which ends the reading.
func (src source) read(ctx context.Context, emit func(block) error) error {
	stored, err := src.open(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return emit(block{err: notFound("Not found: URI %s", src.uri)})
	case err != nil:
		return emit(block{err: fmt.Errorf("opening %s: %w", src.uri, err)})
	}
	defer stored.Close()
	counted := &countingReader{Reader: stored}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	content, err := d.content(counted)
	if err != nil {
		return emit(block{err: src.unreadable(err)})
	}
	lines := *blocks.Get().(*[]byte)
	for start := int64(0); ; {
		n, err := content.Read(lines[len(lines):cap(lines)])
		lines = lines[:len(lines)+n]
		if errors.Is(err, io.EOF) {
			return emit(block{lines: lines, start: start, uri: src.uri, stored: counted.n})
		}
		if err != nil {
			return emit(block{err: src.unreadable(err)})
		}
		if len(lines) < cap(lines) {
			continue
		}
		end := bytes.LastIndexByte(lines, '\n') + 1
		if end == 0 { // one line, and not all of it yet
			if len(lines) > maxLine {
				return emit(block{err: src.unreadable(fmt.Errorf("Row size is larger than %d bytes", maxLine))})
			}
			lines = slices.Grow(lines, len(lines))
			continue
		}
		rest := *blocks.Get().(*[]byte)
		rest = append(rest, lines[end:]...)
		if err := emit(block{lines: lines[:end], start: start, uri: src.uri}); err != nil {
			return err
		}
		lines, start = rest, start+int64(end)
	}
}

// unreadable is the fault of a source that is not what it seemed, gzip for the most part.
func (src source) unreadable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	f := invalid("Error while reading data, error message: %v. File: %s", err, src.uri)
	f.Location = src.uri
	return f
}

// readSources reads sources, several at a time, and passes their blocks on in the order of the sources.
func readSources(ctx context.Context, sources []source, add func(block) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	// The room in the queue bounds how many sources are read ahead of the one being added.
	queue := make(chan chan block, runtime.GOMAXPROCS(0))
	readers.Go(func() {
		defer close(queue)
		for _, src := range sources {
			out := make(chan block, 4)
			select {
			case queue <- out:
			case <-ctx.Done():
				return
			}
			readers.Go(func() {
				defer close(out)
				src.read(ctx, func(b block) error {
					select {
					case out <- b:
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				})
			})
		}
	})
	for out := range queue {
		for b := range out {
			if b.err != nil {
				return b.err
			}
			if err := add(b); err != nil {
				return err
			}
			b.free()
		}
	}
	return ctx.Err()
}
