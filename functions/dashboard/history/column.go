package history

import (
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/encoding"
)

// null represents null in a column of integers.
const null = math.MinInt64

// numbers reads a column of any numeric type. Null is NaN.
func (f file) numbers(name string) ([]float64, error) {
	return column(f, name, math.NaN(), func(v encoding.Values) func(int) float64 {
		switch v.Kind() {
		case encoding.Double:
			return converted[float64](v.Double())
		case encoding.Float:
			return converted[float64](v.Float())
		case encoding.Int64:
			return converted[float64](v.Int64())
		case encoding.Int32:
			return converted[float64](v.Int32())
		}
		return nil
	})
}

// integers reads a column of INT32 or INT64. Null is the constant null.
func (f file) integers(name string) ([]int64, error) {
	return column(f, name, null, func(v encoding.Values) func(int) int64 {
		switch v.Kind() {
		case encoding.Int64:
			return converted[int64](v.Int64())
		case encoding.Int32:
			return converted[int64](v.Int32())
		}
		return nil
	})
}

// booleans reads a column of BOOLEAN: 0 false, 1 true, -1 null.
func (f file) booleans(name string) ([]int8, error) {
	return column(f, name, -1, func(v encoding.Values) func(int) int8 {
		if v.Kind() != encoding.Boolean {
			return nil
		}
		bits := v.Boolean()
		return func(i int) int8 { return int8(bits[i/8] >> (i % 8) & 1) }
	})
}

// converted returns a function that converts the value at an index.
func converted[To, From int32 | int64 | float32 | float64](values []From) func(int) To {
	return func(i int) To { return To(values[i]) }
}

// column reads a whole column. decode returns a function that reads one value of a page, nil where the values
// have another type. null is the value of a row that is null.
func column[T any](f file, name string, null T, decode func(encoding.Values) func(int) T) ([]T, error) {
	rows := make([]T, 0, f.NumRows())
	err := f.pages(name, func(p page) error {
		value := decode(p.values)
		if value == nil {
			return typeError(p)
		}
		p.each(func(i int) {
			if i < 0 {
				rows = append(rows, null)
			} else {
				rows = append(rows, value(i))
			}
		})
		return nil
	})
	return rows, checked(f, name, len(rows), err)
}

// texts is a column of strings. Row i has the text values[index[i]], or none where index[i] is -1. A value
// of a dictionary occurs once per dictionary; the values of one page share one allocation.
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
	t := texts{index: make([]int32, 0, f.NumRows())}
	base := int32(0) // index of the page's first value in t.values
	err := f.pages(name, func(p page) error {
		if p.values.Kind() != encoding.ByteArray {
			return typeError(p)
		}
		if p.index == nil || p.newDictionary {
			base = int32(len(t.values))
			data, offsets := p.values.ByteArray()
			all := string(data)
			for i := range max(len(offsets)-1, 0) {
				t.values = append(t.values, all[offsets[i]:offsets[i+1]])
			}
		}
		p.each(func(i int) {
			if i < 0 {
				t.index = append(t.index, -1)
			} else {
				t.index = append(t.index, base+int32(i))
			}
		})
		return nil
	})
	return t, checked(f, name, len(t.index), err)
}

// checked adds the column's name to an error, and returns an error for a column with too few or too many rows.
func checked(f file, name string, rows int, err error) error {
	if err == nil && int64(rows) != f.NumRows() {
		err = fmt.Errorf("the column has %d rows, the file has %d", rows, f.NumRows())
	}
	if err != nil {
		return fmt.Errorf("column %s: %w", name, err)
	}
	return nil
}
