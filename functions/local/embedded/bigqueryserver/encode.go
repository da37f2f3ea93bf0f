package bigqueryserver

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
)

// appendRow encodes a row. A TIMESTAMP is in microseconds; see [floatTimestamps].
func appendRow(b []byte, values []driver.Value, columns []resultColumn) (_ []byte, err error) {
	b = append(b, `{"f":[`...)
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"v":`...)
		if b, err = appendValue(b, v, columns[i].Type); err != nil {
			return nil, err
		}
		b = append(b, '}')
	}
	return append(b, `]}`...), nil
}

func appendValue(b []byte, v driver.Value, as string) ([]byte, error) {
	if v == nil {
		return append(b, "null"...), nil
	}
	if s, ok := v.(string); ok {
		return appendJSONText(b, s), nil
	}
	b = append(b, '"')
	switch v := v.(type) {
	case bool:
		b = strconv.AppendBool(b, v)
	case int64:
		b = strconv.AppendInt(b, v, 10)
	case int32:
		b = strconv.AppendInt(b, int64(v), 10)
	case int16:
		b = strconv.AppendInt(b, int64(v), 10)
	case int8:
		b = strconv.AppendInt(b, int64(v), 10)
	case uint8, uint16, uint32, uint64:
		b = fmt.Append(b, v)
	case *big.Int:
		if !v.IsInt64() {
			return nil, invalidQuery("integer overflow: %v", v)
		}
		b = v.Append(b, 10)
	case float64:
		b = appendFloat(b, v)
	case float32:
		b = appendFloat(b, float64(v))
	case duckdb.Decimal:
		b = appendFloat(b, v.Float64())
	case time.Time:
		switch as {
		case typeTimestamp:
			b = strconv.AppendInt(b, v.UnixMicro(), 10)
		case typeDate:
			b = v.AppendFormat(b, time.DateOnly)
		case "TIME":
			b = v.AppendFormat(b, "15:04:05.999999")
		default:
			b = v.AppendFormat(b, "2006-01-02T15:04:05.999999")
		}
	default:
		return nil, fmt.Errorf("a %T in a result", v)
	}
	return append(b, '"'), nil
}

func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

// appendJSONText writes a JSON string of valid UTF-8.
func appendJSONText(b []byte, s string) []byte {
	b = append(b, '"')
	in := unsafe.Slice(unsafe.StringData(s), len(s))
	start := 0
	for i := 0; i < len(in); i++ {
		for i+8 <= len(in) && plain(binary.LittleEndian.Uint64(in[i:])) {
			i += 8
		}
		if i == len(in) {
			break
		}
		c := in[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, in[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
	}
	return append(append(b, in[start:]...), '"')
}
