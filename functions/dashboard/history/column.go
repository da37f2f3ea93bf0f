package history

import (
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/encoding"
)

// numbers reads a column of any numeric type. Null is NaN.
func (f file) numbers(name string) ([]float64, error) {
	column := make([]float64, 0, f.NumRows())
	err := f.pages(name, func(p page) error {
		at, err := numberAt(p)
		if err != nil {
			return err
		}
		p.each(func(value int) {
			if value < 0 {
				column = append(column, math.NaN())
			} else {
				column = append(column, at(value))
			}
		})
		return nil
	})
	return checked(f, name, column, err)
}

func numberAt(p page) (func(int) float64, error) {
	switch p.values.Kind() {
	case encoding.Double:
		values := p.values.Double()
		return func(i int) float64 { return values[i] }, nil
	case encoding.Float:
		values := p.values.Float()
		return func(i int) float64 { return float64(values[i]) }, nil
	case encoding.Int64:
		values := p.values.Int64()
		return func(i int) float64 { return float64(values[i]) }, nil
	case encoding.Int32:
		values := p.values.Int32()
		return func(i int) float64 { return float64(values[i]) }, nil
	}
	return nil, typeError(p)
}

// integers reads a column of INT32 or INT64. Null is the constant null.
func (f file) integers(name string) ([]int64, error) {
	column := make([]int64, 0, f.NumRows())
	err := f.pages(name, func(p page) error {
		var at func(int) int64
		switch p.values.Kind() {
		case encoding.Int64:
			values := p.values.Int64()
			at = func(i int) int64 { return values[i] }
		case encoding.Int32:
			values := p.values.Int32()
			at = func(i int) int64 { return int64(values[i]) }
		default:
			return typeError(p)
		}
		p.each(func(value int) {
			if value < 0 {
				column = append(column, null)
			} else {
				column = append(column, at(value))
			}
		})
		return nil
	})
	return checked(f, name, column, err)
}

// null stands for null in a column of whole numbers.
const null = math.MinInt64

// booleans reads a column of BOOLEAN: 0 false, 1 true, -1 null.
func (f file) booleans(name string) ([]int8, error) {
	column := make([]int8, 0, f.NumRows())
	err := f.pages(name, func(p page) error {
		if p.values.Kind() != encoding.Boolean {
			return typeError(p)
		}
		bits := p.values.Boolean()
		p.each(func(value int) {
			if value < 0 {
				column = append(column, -1)
			} else {
				column = append(column, int8(bits[value/8]>>(value%8)&1))
			}
		})
		return nil
	})
	return checked(f, name, column, err)
}

// texts is a column of strings. Row i has the text values[index[i]], or none where index[i] is -1. A value
// of a dictionary is there once a dictionary; the values of one page share one allocation.
type texts struct {
	values []string
	index  []int32
}

func (t texts) at(row int) string {
	if i := t.index[row]; i >= 0 {
		return t.values[i]
	}
	return ""
}

// texts reads a column of strings.
func (f file) texts(name string) (texts, error) {
	column := texts{index: make([]int32, 0, f.NumRows())}
	base := int32(0) // of the page's values in column.values
	err := f.pages(name, func(p page) error {
		if p.values.Kind() != encoding.ByteArray {
			return typeError(p)
		}
		if p.index == nil || p.fresh {
			base = int32(len(column.values))
			data, offsets := p.values.ByteArray()
			all := string(data)
			for i := range max(len(offsets)-1, 0) {
				column.values = append(column.values, all[offsets[i]:offsets[i+1]])
			}
		}
		p.each(func(value int) {
			if value < 0 {
				column.index = append(column.index, -1)
			} else {
				column.index = append(column.index, base+int32(value))
			}
		})
		return nil
	})
	_, err = checked(f, name, column.index, err)
	return column, err
}

// checked adds the column's name to an error, and makes one of a column that has too few or too many rows.
func checked[T any](f file, name string, column []T, err error) ([]T, error) {
	if err == nil && int64(len(column)) != f.NumRows() {
		err = fmt.Errorf("the column has %d rows, the file has %d", len(column), f.NumRows())
	}
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", name, err)
	}
	return column, nil
}
