package bigqueryserver

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// What BigQuery's TIMESTAMP and DATE can hold: the years 1 to 9999.
var (
	minMicros = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	maxMicros = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC).UnixMicro()
)

var errTimestamp = errors.New("required format is YYYY-MM-DD HH:MM:SS[.SSSSSS] with Z, UTC or an offset")

var errDate = errors.New("required format is YYYY-MM-DD")

// twoDigits reads the number in s[i:i+2]; false if it is none or above most.
func twoDigits[T string | []byte](s T, i, most int) (int, bool) {
	if len(s) < i+2 || !digit(s[i]) || !digit(s[i+1]) {
		return 0, false
	}
	n := int(s[i]-'0')*10 + int(s[i+1]-'0')
	return n, n <= most
}

// parseDate reads YYYY-MM-DD at the start of s, as days since 1970.
func parseDate[T string | []byte](s T) (days int64, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	century, ok1 := twoDigits(s, 0, 99)
	rest, ok2 := twoDigits(s, 2, 99)
	month, ok3 := twoDigits(s, 5, 12)
	day, ok4 := twoDigits(s, 8, 31)
	year := century*100 + rest
	if !ok1 || !ok2 || !ok3 || !ok4 || year == 0 || month == 0 || day == 0 {
		return 0, false
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if date.Day() != day { // 30 February
		return 0, false
	}
	return date.Unix() / 86400, true
}

// parseTimestamp reads RFC 3339 or BigQuery's own "2006-01-02 15:04:05.999999 UTC",
// as microseconds since 1970. More digits than microseconds have are refused, as there.
func parseTimestamp[T string | []byte](s T) (int64, error) {
	days, ok := parseDate(s)
	if !ok || len(s) < 20 || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, errTimestamp
	}
	hour, ok1 := twoDigits(s, 11, 23)
	minute, ok2 := twoDigits(s, 14, 59)
	second, ok3 := twoDigits(s, 17, 59)
	if !ok1 || !ok2 || !ok3 {
		return 0, errTimestamp
	}
	micros := ((days*24+int64(hour))*60+int64(minute))*60_000_000 + int64(second)*1_000_000
	rest := s[19:]
	if rest[0] == '.' {
		i, unit := 1, int64(100_000)
		for ; i < len(rest) && digit(rest[i]); i++ {
			if unit == 0 {
				return 0, errTimestamp
			}
			micros += int64(rest[i]-'0') * unit
			unit /= 10
		}
		if i == 1 {
			return 0, errTimestamp
		}
		rest = rest[i:]
	}
	if len(rest) > 0 && rest[0] == ' ' && string(rest) != " UTC" {
		return 0, errTimestamp
	}
	switch {
	case string(rest) == "Z" || string(rest) == " UTC":
	case len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		h, ok1 := twoDigits(rest, 1, 14)
		m, ok2 := twoDigits(rest, 4, 59)
		if !ok1 || !ok2 {
			return 0, errTimestamp
		}
		offset := int64(h*60+m) * 60_000_000
		if rest[0] == '+' {
			offset = -offset
		}
		micros += offset
	default:
		return 0, errTimestamp
	}
	if micros < minMicros || micros > maxMicros {
		return 0, errors.New("out of range: the years are 0001 to 9999")
	}
	return micros, nil
}

// parseEpochSeconds reads a number of seconds since 1970 with up to six decimals, as microseconds.
func parseEpochSeconds(s string) (int64, error) {
	whole, fraction := s, ""
	for i := range len(s) {
		if s[i] == '.' {
			whole, fraction = s[:i], s[i+1:]
			break
		}
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(fraction) > 6 || seconds < minMicros/1_000_000-1 || seconds > maxMicros/1_000_000 {
		return 0, errors.New("not seconds since 1970 with at most six decimals, in the years 0001 to 9999")
	}
	micros := int64(0)
	if fraction != "" {
		n, err := strconv.ParseUint((fraction + "00000")[:6], 10, 32)
		if err != nil {
			return 0, err
		}
		micros = int64(n)
		if whole[0] == '-' {
			micros = -micros
		}
	}
	if micros += seconds * 1_000_000; micros < minMicros || micros > maxMicros {
		return 0, errors.New("out of range: the years are 0001 to 9999")
	}
	return micros, nil
}

// parseFloat reads a FLOAT64 written in decimal, or NaN or an infinity by name.
func parseFloat(s string) (float64, error) {
	switch s {
	case "NaN":
		return math.NaN(), nil
	case "Infinity", "+Infinity", "Inf", "+Inf":
		return math.Inf(1), nil
	case "-Infinity", "-Inf":
		return math.Inf(-1), nil
	}
	for i := range len(s) {
		switch c := s[i]; {
		case digit(c), c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, errors.New("not a number")
		}
	}
	return strconv.ParseFloat(s, 64)
}
