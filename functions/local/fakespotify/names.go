package fakespotify

import "strings"

// The words of the invented catalogue's names: tools, weather, small animals, buildings and stationery, which rarely
// occur together in the name of a real band.
var (
	adjectives = words(`Amber Brackish Brindled Cardboard Chalky Civic Clerical Copper Corduroy Courteous Crooked Damp
		Dappled Distant Drowsy Enamel Feathered Folded Frosted Gentle Granite Hollow Idle Inland Knitted Lacquered Lanky
		Laminated Lopsided Lukewarm Mended Minor Mossy Municipal Nimble Northern Oblong Pewter Polite Provincial Quilted
		Reluctant Rumpled Salted Sleepless Tidal Upholstered Varnished`)
	nouns = words(`Almanac Anchorage Barometer Bellows Bookcase Bramble Bureau Cartographer Chandler Cloakroom Compass Cormorant
		Custodian Dormouse Estuary Ferryman Fishmonger Gatepost Gazette Glasshouse Haberdasher Hayloft Hedgehog Inkwell
		Ironmonger Kettle Lamplighter Ledger Lighthouse Lockkeeper Mantelpiece Meteorologist Milliner Orchard Otter Pamphlet
		Pantry Periscope Quarry Sandpiper Signalman Sundial Teapot Thimble Turnstile Umbrella Weathercock Windowsill`)
	ensembles = words(`Academy Alliance Annexe Archive Assembly Auxiliary Bazaar Brigade Bulletin Cabinet Carnival Chorus
		Circle Club Cooperative Committee Company Conservatory Convention Council Delegation Department Directory Ensemble
		Exchange Expedition Federation Festival Foundation Gathering Guild Institute Jamboree League Library Matinee Museum
		Orchestra Parade Pavilion Procession Quartet Registry Revue Society Symposium Trust Workshop`)
	doings = words(`Borrowing Chasing Counting Crossing Drawing Following Forgetting Leaving Mending Painting Remembering Repeating
		Missing Finding Waking Watching`)
	things = words(`Afternoons Avenues Balconies Café·Lights Corridors Daylight Distances Driftwood Echoes Footsteps Harbours
		Headlights Hillsides Island·Time Letters Low·Tide Matchsticks Meridians Midwinter Moths November Paper·Boats Platforms
		Postcards Rooftops Señales Shorelines Small·Hours Snowfall Staircases Telegrams Über·Nacht`)
	endings = words(`Again Alone Anyway at·Dawn Backwards by·Heart by·the·River for·Two from·Memory in·Blue in·June in·the·Rain
		on·Sunday Tonight Uphill Without·You`)
)

func words(list string) []string {
	fields := strings.Fields(list)
	for i, word := range fields {
		fields[i] = strings.ReplaceAll(word, "·", " ")
	}
	return fields
}

// artistName returns the nth name of an artist, unique within 6,912 of them.
func artistName(seed uint64, n int) string {
	pattern := modulo(n, 3)
	k := modulo(n/3*1_013+pattern*769+int(seed%2_304), len(adjectives)*len(nouns)) // 1,013 has no factor in common with 2,304
	first, second := k/len(nouns), k%len(nouns)
	switch pattern {
	case 0:
		return "The " + adjectives[first] + " " + plural(nouns[second])
	case 1:
		return adjectives[first] + " " + nouns[second]
	}
	return nouns[second] + " " + ensembles[first]
}

// trackName returns the nth name of a track of one artist, unique within 1,536 of them.
func trackName(seed uint64, n int) string {
	k := modulo(n*389+int(seed%1_536), 3*len(things)*len(endings)) // 389 has no factor in common with 1,536
	pattern, thing, rest := k%3, things[k/3%len(things)], k/3/len(things)
	switch pattern {
	case 0:
		return doings[rest] + " " + thing
	case 1:
		return thing + " " + endings[rest]
	}
	return doings[rest] + " the " + nouns[modulo(int(seed%48)+k/3, len(nouns))]
}

func albumName(seed uint64, n int) string {
	k := modulo(n*1_013+int(seed%2_304), len(adjectives)*len(things))
	return adjectives[k%len(adjectives)] + " " + things[k/len(adjectives)]
}

func plural(noun string) string {
	switch {
	case strings.HasSuffix(noun, "man"):
		return strings.TrimSuffix(noun, "man") + "men"
	case strings.HasSuffix(noun, "mouse"):
		return strings.TrimSuffix(noun, "mouse") + "mice"
	case strings.HasSuffix(noun, "y"):
		return strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "ss"):
		return noun + "es"
	case strings.HasSuffix(noun, "s"):
		return noun
	}
	return noun + "s"
}

func modulo(n, m int) int { return (n%m + m) % m }

// oddNames break careless code: other scripts, emoji, quotes, markup, line breaks, control and direction marks, SQL,
// and lengths beyond any column.
var oddNames = []string{
	`Sigur & the Ünïcödé Õrchestra`,
	`東京の夜`,
	`Ночной поезд`,
	`أغنية الصباح`,
	`שיר ערב`,
	`🎧🔥 Lo-fi 👩‍👩‍👧‍👦 beats 🏳️‍🌈`,
	`She said "wait", didn't she?`,
	`<script>alert("plays")</script>`,
	`<b>Bold</b> &amp; <img src=x onerror=alert(1)>`,
	`'; DROP TABLE plays; --`,
	"Line one\nLine two\r\n\tindented",
	"Null \u0000 bell \u0007 del \u007f",
	"Right \u202eot left\u202c and zero\u200bwidth",
	"Line\u2028and paragraph\u2029separators",
	`back\slash / slash % percent _ {"json": true}`,
	`=1+1, "comma", semicolon; tab`,
	`${PATH} {{.Secret}} %s %n`,
	"  spaces before and behind  ",
	"e\u0301 is not \u00e9",
	strings.Repeat("A Very Long Name That Goes On ", 100),
	strings.Repeat("長い", 600),
}
