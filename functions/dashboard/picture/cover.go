package picture

import (
	"hash/fnv"
	"image/color"
)

// palettes are the colours of drawn covers: the form and its ground.
var palettes = [8][2]color.NRGBA{
	{rgb(0xE9A23B), rgb(0x5B3A7E)}, {rgb(0xF2D8A7), rgb(0x1F5C7A)}, {rgb(0xF4C9B0), rgb(0x8C3B2E)}, {rgb(0xD9E27A), rgb(0x2E5D46)},
	{rgb(0xF28FB0), rgb(0x3A3F8F)}, {rgb(0x9AD0D3), rgb(0x6B2447)}, {rgb(0xF0E0B8), rgb(0x4B4A1F)}, {rgb(0xE7704A), rgb(0x23324A)},
}

// light is the third colour of every cover.
var light = color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 217}

// cover returns the drawn cover of a key with its left upper corner at x, y: the one that the pages draw for the key.
// A round one is for an artist.
func cover(key string, x, y, size float64, round bool) clipped {
	hash := fnv.New32a()
	hash.Write([]byte(key))
	h := hash.Sum32()
	h ^= h >> 15 // the low bits of FNV depend on the last letter most
	h *= 0x2c1b3c6d
	h ^= h >> 13
	form, ground := palettes[h%8][0], palettes[h%8][1]
	a, b := float64(h>>5%16), float64(h>>9%16) // move the parts, from 0 to 15

	fills := []fill{{rectangle(0, 0, 100, 100), ground}}
	switch h >> 3 % 4 {
	case 0: // quarters of circles
		fills = append(fills, fill{sector(100, 100, 100), form}, fill{sector(44+a, 100, 44+a), light})
	case 1: // split, with a bar
		fills = append(fills, fill{polygon(34+2*a, 0, 100, 0, 100, 100, 66-2*a, 100), form}, fill{rectangle(12, 18+4*b, 40, 10), light})
	case 2: // rings
		x, y := 50+a, 60-b
		fills = append(fills, fill{circle(x, y, 46), form}, fill{circle(x, y, 26), light}, fill{circle(x, y, 7), form})
	case 3: // the sun over a horizon
		fills = append(fills, fill{polygon(0, 48+a, 100, 63-a, 100, 100, 0, 100), form}, fill{circle(30+3*a, 20+b, 15), light})
	}
	for i := range fills {
		fills[i].path = fills[i].path.moved(x, y, size/100)
	}
	if round {
		return clipped{circle(x+size/2, y+size/2, size/2), fills}
	}
	return clipped{rounded(x, y, size, size, size*0.08), fills}
}
