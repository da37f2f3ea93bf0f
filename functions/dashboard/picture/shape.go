package picture

import (
	"image"
	"image/color"
	"math"
)

// drawing is a picture as a list of shapes on the ground of the page. The later ones lie above the earlier ones.
type drawing struct {
	width, height int
	label         string
	shapes        []any // of type fill, text or clipped
}

// fill is an area of one colour.
type fill struct {
	path  path
	color color.NRGBA
}

// clipped are areas of which only the part inside a path is seen.
type clipped struct {
	inside path
	fills  []fill
}

// text is one line of text from x to the right. The baseline is at y.
type text struct {
	string
	x, y, size float64
	bold       bool
	color      color.NRGBA
}

// path is a closed outline. A step is M (move), L (line), Q or C (curve) with its points, as in SVG.
type path []step

type step struct {
	verb byte
	p    []float64
}

func polygon(points ...float64) path {
	p := path{{'M', points[:2]}}
	for i := 2; i < len(points); i += 2 {
		p = append(p, step{'L', points[i : i+2]})
	}
	return p
}

func rectangle(x, y, width, height float64) path {
	return polygon(x, y, x+width, y, x+width, y+height, x, y+height)
}

func circle(x, y, r float64) path { return rounded(x-r, y-r, 2*r, 2*r, r) }

// rounded returns a rectangle with round corners.
func rounded(x, y, width, height, r float64) path {
	k := r * (1 - 0.5523) // a quarter of a circle as a curve
	right, bottom := x+width, y+height
	return path{
		{'M', []float64{x + r, y}},
		{'L', []float64{right - r, y}}, {'C', []float64{right - k, y, right, y + k, right, y + r}},
		{'L', []float64{right, bottom - r}}, {'C', []float64{right, bottom - k, right - k, bottom, right - r, bottom}},
		{'L', []float64{x + r, bottom}}, {'C', []float64{x + k, bottom, x, bottom - k, x, bottom - r}},
		{'L', []float64{x, y + r}}, {'C', []float64{x, y + k, x + k, y, x + r, y}},
	}
}

// sector returns the quarter of a circle that lies left of and above its centre.
func sector(x, y, r float64) path {
	k := r * (1 - 0.5523)
	return path{{'M', []float64{x - r, y}}, {'C', []float64{x - r, y - r + k, x - r + k, y - r, x, y - r}}, {'L', []float64{x, y}}}
}

// moved returns the path scaled, then shifted.
func (p path) moved(x, y, scale float64) path {
	moved := make(path, len(p))
	for i, s := range p {
		points := make([]float64, len(s.p))
		for j := range s.p {
			points[j] = s.p[j]*scale + [2]float64{x, y}[j%2]
		}
		moved[i] = step{s.verb, points}
	}
	return moved
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

// bounds returns the pixels that a path may touch.
func bounds(p path) image.Rectangle {
	if len(p) == 0 {
		return image.Rectangle{}
	}
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range p {
		for i := 0; i < len(s.p); i += 2 {
			minX, maxX = min(minX, s.p[i]), max(maxX, s.p[i])
			minY, maxY = min(minY, s.p[i+1]), max(maxY, s.p[i+1])
		}
	}
	return image.Rect(int(math.Floor(minX)), int(math.Floor(minY)), int(math.Ceil(maxX)), int(math.Ceil(maxY)))
}
