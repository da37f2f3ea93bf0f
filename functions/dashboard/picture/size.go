package picture

// Size is a size of a picture in pixels, with the places of its parts. Use Portrait, Story or Wide.
type Size struct {
	Width, Height int

	hero    place // the cover of the first artist, round: its centre, and its radius as the size
	who     place // the listener, above the title
	title   place
	figures place // plays, time and days in a row, one below the other
	first   place // the name of the first artist
	list    place // the other artists; none if the step is 0
	cards   place // the album and the track; none if the step is 0
	months  place // the left end of the ground line, and the height of the highest bar as the size
	print   place // the last line
}

// place says where a part stands: x is its left edge, y the baseline of its first line, size that of its type, width
// how wide it may be, step the distance from one line to the next.
type place struct{ x, y, size, width, step float64 }

// The three sizes: a post, a story that fills a phone, and the preview of a link.
var (
	Portrait = Size{
		Width: 1080, Height: 1350,
		hero:    place{x: 910, y: 254, size: 306},
		who:     place{x: 72, size: 36, width: 500},
		title:   place{x: 64, y: 286, size: 214, width: 500},
		figures: place{x: 72, y: 392, size: 56, width: 490, step: 74},
		first:   place{x: 72, y: 740, size: 92, width: 936},
		list:    place{x: 72, y: 852, size: 30, width: 432, step: 70},
		cards:   place{x: 532, y: 852, size: 31, width: 476, step: 142},
		months:  place{x: 72, y: 1244, size: 84, width: 936},
		print:   place{x: 72, y: 1312, size: 22, width: 936},
	}
	Story = Size{
		Width: 1080, Height: 1920,
		hero:    place{x: 830, y: 300, size: 390},
		who:     place{x: 72, size: 40, width: 500},
		title:   place{x: 63, y: 850, size: 260, width: 936},
		figures: place{x: 72, y: 966, size: 64, width: 936, step: 84},
		first:   place{x: 72, y: 1324, size: 96, width: 936},
		list:    place{x: 72, y: 1436, size: 30, width: 432, step: 70},
		cards:   place{x: 532, y: 1436, size: 31, width: 476, step: 142},
		months:  place{x: 72, y: 1812, size: 80, width: 936},
		print:   place{x: 72, y: 1876, size: 22, width: 936},
	}
	Wide = Size{
		Width: 1200, Height: 630,
		hero:    place{x: 976, y: 180, size: 254},
		who:     place{x: 64, size: 28, width: 560},
		title:   place{x: 59, y: 218, size: 154, width: 600},
		figures: place{x: 64, y: 288, size: 40, width: 620, step: 51},
		first:   place{x: 64, y: 518, size: 60, width: 620},
		months:  place{x: 728, y: 540, size: 64, width: 408},
		print:   place{x: 64, y: 598, size: 20, width: 600},
	}
)
