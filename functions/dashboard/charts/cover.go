package charts

import (
	"hash/fnv"
	"html/template"
)

// Cover returns a drawing for music without a picture: one of 8 palettes (the classes c0 to c7) and 4 geometries, which the key
// chooses. The same key has always the same cover. size is the width in pixels.
func Cover(key string, size int, round bool) template.HTML {
	hash := fnv.New32a()
	hash.Write([]byte(key))
	h := hash.Sum32()
	h ^= h >> 15 // the low bits of FNV depend on the last letter most
	h *= 0x2c1b3c6d
	h ^= h >> 13
	class := ""
	if round {
		class = " round"
	}
	m := new(markup)
	m.add(`<svg class="cover c%v%v" viewBox="0 0 100 100" width="%v" height="%v" aria-hidden="true"><path class="a" d="M0 0h100v100H0z"/>`, h%8, class, size, size)
	x, y := int(h>>5%16), int(h>>9%16) // 0 to 15
	switch h >> 3 % 4 {
	case 0: // quarter circles
		m.add(`<path d="M0 100A100 100 0 0 1 100 0V100z"/><path class="b" d="M0 100A%v %v 0 0 1 %v %vV100z"/>`, 44+x, 44+x, 44+x, 56-x)
	case 1: // split with a bar
		m.add(`<path d="M%v 0H100V100H%vz"/><path class="b" d="M12 %vh40v10H12z"/>`, 34+2*x, 66-2*x, 18+4*y)
	case 2: // target rings
		m.add(`<circle cx="%v" cy="%v" r="46"/><circle class="b" cx="%v" cy="%v" r="26"/><circle cx="%v" cy="%v" r="7"/>`, 50+x, 60-y, 50+x, 60-y, 50+x, 60-y)
	default: // sun over a horizon
		m.add(`<path d="M0 %vL100 %vV100H0z"/><circle class="b" cx="%v" cy="%v" r="15"/>`, 48+x, 63-x, 30+3*x, 20+y)
	}
	m.add(`</svg>`)
	return m.html()
}
