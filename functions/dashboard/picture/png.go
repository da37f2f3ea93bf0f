package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"golang.org/x/image/vector"
)

// PNG returns the picture of a year as a PNG. A name with a letter that the font lacks is left out, and its count
// stands in its place. It fails for a Size of no pixels.
func PNG(y Year, s Size) ([]byte, error) {
	d := layOut(y.clean().legible(), s)
	img := image.NewRGBA(image.Rect(0, 0, d.width, d.height))
	draw.Draw(img, img.Bounds(), image.NewUniform(page), image.Point{}, draw.Src)
	writers := map[bool]*writer{false: newWriter(false), true: newWriter(true)}
	for _, shape := range d.shapes {
		switch shape := shape.(type) {
		case fill:
			paintFill(img, shape)
		case text:
			paintFill(img, fill{writers[shape.bold].outline(shape), shape.color})
		case clipped:
			r := bounds(shape.inside).Intersect(img.Bounds())
			inside, all := image.NewAlpha(r), image.NewRGBA(r)
			paintFill(inside, fill{shape.inside, color.NRGBA{A: 0xff}})
			for _, f := range shape.fills {
				paintFill(all, f)
			}
			draw.DrawMask(img, r, all, r.Min, inside, r.Min, draw.Over)
		}
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed} // the default takes three times as long for a tenth fewer bytes
	if err := encoder.Encode(&b, img); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// paintFill draws an area within its bounds only: a rasterizer works through every pixel that it has.
func paintFill(dst draw.Image, f fill) {
	r := bounds(f.path).Intersect(dst.Bounds())
	if r.Empty() {
		return
	}
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	p := func(v []float64, i int) (float32, float32) {
		return float32(v[i] - float64(r.Min.X)), float32(v[i+1] - float64(r.Min.Y))
	}
	for _, s := range f.path {
		x, y := p(s.p, 0)
		switch s.verb {
		case 'M':
			z.ClosePath()
			z.MoveTo(x, y)
		case 'L':
			z.LineTo(x, y)
		case 'Q':
			x1, y1 := p(s.p, 2)
			z.QuadTo(x, y, x1, y1)
		case 'C':
			x1, y1 := p(s.p, 2)
			x2, y2 := p(s.p, 4)
			z.CubeTo(x, y, x1, y1, x2, y2)
		}
	}
	z.ClosePath()
	z.Draw(dst, r, image.NewUniform(f.color), image.Point{})
}
