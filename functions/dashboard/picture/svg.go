package picture

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"image/color"
	"math"
	"strconv"
)

var (
	//go:embed font/figtree-400.woff2
	regularWOFF2 []byte
	//go:embed font/figtree-700.woff2
	boldWOFF2 []byte

	fontFaces = fontFace(400, regularWOFF2) + fontFace(700, boldWOFF2)
)

// Policy is the Content-Security-Policy of an answer that is an SVG. It allows the font inside the SVG and nothing else.
// A page that shows the SVG as an image needs no such exception.
var Policy = func() string {
	sum := sha256.Sum256([]byte(fontFaces))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; font-src data:"
}()

func fontFace(weight int, woff2 []byte) string {
	return fmt.Sprintf("@font-face{font-family:Figtree;font-weight:%d;src:url(data:font/woff2;base64,%s)}",
		weight, base64.StdEncoding.EncodeToString(woff2))
}

// SVG returns the picture of a year as an SVG with its font inside. A letter that the font lacks is shown in a font of
// the device.
func SVG(y Year, s Size) []byte {
	d := layOut(y.clean(), s)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" `+
		`font-family="Figtree, system-ui, sans-serif"><title>%s</title><style>%s</style>`, d.width, d.height, html.EscapeString(d.label), fontFaces)
	writeFill(&b, fill{rectangle(0, 0, float64(d.width), float64(d.height)), page})
	for i, shape := range d.shapes {
		switch shape := shape.(type) {
		case fill:
			writeFill(&b, shape)
		case clipped:
			fmt.Fprintf(&b, `<clipPath id="picture-%d"><path d="%s"/></clipPath><g clip-path="url(#picture-%[1]d)">`, i, svgPath(shape.inside))
			for _, f := range shape.fills {
				writeFill(&b, f)
			}
			b.WriteString("</g>")
		case text:
			weight := 400
			if shape.bold {
				weight = 700
			}
			fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="%s" font-weight="%d"%s>%s</text>`,
				number(shape.x), number(shape.y), number(shape.size), weight, paint(shape.color), html.EscapeString(shape.string))
		}
	}
	b.WriteString("</svg>")
	return b.Bytes()
}

func writeFill(b *bytes.Buffer, f fill) {
	fmt.Fprintf(b, `<path d="%s"%s/>`, svgPath(f.path), paint(f.color))
}

func paint(c color.NRGBA) string {
	if c.A == 0xff {
		return fmt.Sprintf(` fill="#%02x%02x%02x"`, c.R, c.G, c.B)
	}
	return fmt.Sprintf(` fill="#%02x%02x%02x" fill-opacity="%s"`, c.R, c.G, c.B, number(float64(c.A)/0xff))
}

func svgPath(p path) string {
	var b []byte
	for _, s := range p {
		b = append(b, s.verb)
		for i, v := range s.p {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(b, number(v)...)
		}
	}
	return string(append(b, 'Z'))
}

// number writes a number with at most two decimals.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}
