package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// file is an open Parquet file. A column is read as a whole, across all row groups.
type file struct {
	*parquet.File
}

// openFile opens a Parquet file that is in memory.
func openFile(content []byte) (file, error) {
	f, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)),
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(1<<16))
	return file{f}, err
}

// page is one page of a column. values has the values that are not null. Where index is not nil, values is a
// dictionary and index refers to it.
type page struct {
	rows          int
	defined       []byte // one byte a row, 1 where the row is not null; nil where no row is null
	values        encoding.Values
	index         []int32
	newDictionary bool // the first page of its dictionary
}

// has reports whether the file has a column.
func (f file) has(name string) bool {
	_, ok := f.Schema().Lookup(name)
	return ok
}

// pages calls use with each page of a column. The page is valid during the call only.
func (f file) pages(name string, use func(page) error) error {
	leaf, ok := f.Schema().Lookup(name)
	if !ok {
		return errors.New("the column is missing")
	}
	if leaf.MaxRepetitionLevel > 0 || leaf.MaxDefinitionLevel > 1 {
		return errors.New("the column is nested or repeated")
	}
	for _, group := range f.RowGroups() {
		if err := chunkPages(group.ColumnChunks()[leaf.ColumnIndex], use); err != nil {
			return err
		}
	}
	return nil
}

func chunkPages(chunk parquet.ColumnChunk, use func(page) error) error {
	pages := chunk.Pages()
	defer pages.Close()
	var last parquet.Dictionary
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		view := page{rows: int(p.NumValues()), defined: p.DefinitionLevels(), values: p.Data()}
		if d := p.Dictionary(); d != nil {
			view.index = view.values.Int32()
			view.values = d.Page().Data()
			view.newDictionary, last = d != last, d
		}
		err = use(view)
		parquet.Release(p)
		if err != nil {
			return err
		}
	}
}

// each calls use for every row of the page with the index of its value, -1 for null.
func (p page) each(use func(i int)) {
	next := 0
	for row := range p.rows {
		switch {
		case p.defined != nil && p.defined[row] == 0:
			use(-1)
			continue
		case p.index != nil:
			use(int(p.index[next]))
		default:
			use(next)
		}
		next++
	}
}

func typeError(p page) error { return fmt.Errorf("the column has the type %v", p.values.Kind()) }
