package history

import "time"

const hourMicros = int64(time.Hour / time.Microsecond)

// hours converts instants in ascending order to hours since 1970-01-01 00:00 on a zone's clock. It looks up each
// change of the clock once, so that an instant costs an addition and a division.
func hours(instants []int64, zone *time.Location) []int32 {
	list := make([]int32, len(instants))
	var offset, end int64 // until end the clock shows UTC + offset, in microseconds
	for i, at := range instants {
		if i == 0 || at >= end {
			offset, end = offsetAt(at, zone)
		}
		local := at + offset
		hour := local / hourMicros
		if local < hour*hourMicros { // before 1970
			hour--
		}
		list[i] = int32(hour)
	}
	return list
}

// offsetAt returns the offset of a zone's clock from UTC at an instant, and the instant of its next change.
func offsetAt(at int64, zone *time.Location) (offset, end int64) {
	t := time.UnixMicro(at).In(zone)
	_, seconds := t.Zone()
	offset = int64(seconds) * int64(time.Second/time.Microsecond)
	if _, next := t.ZoneBounds(); !next.IsZero() {
		return offset, next.UnixMicro()
	}
	return offset, 1<<63 - 1
}
