package historytest

import "runtime"

// Heap returns the bytes of the heap that are in use, without what pools keep.
func Heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
