package property

import (
	"path"
	"slices"

	"spotify-insights.internal/shared/lake"
)

// page is an object of the API with at least one play.
type page struct {
	begins int64 // its oldest play
	full   bool
	plays  map[instant]bool
}

type instant struct {
	at    int64
	track string
}

func pagesOf(listener string, objects []object) (pages []page) {
	for _, o := range objects {
		p := page{full: len(o.plays) >= lake.PageSize, plays: map[instant]bool{}}
		for _, row := range o.plays {
			if row.Listener != listener || row.Source != lake.SourceAPI || !row.IsPlay() {
				continue
			}
			at := row.PlayedAt.UnixMicro()
			if len(p.plays) == 0 || at < p.begins {
				p.begins = at
			}
			p.plays[instant{at, *row.TrackID}] = true
		}
		if len(p.plays) > 0 {
			pages = append(pages, p)
		}
	}
	return pages
}

// followsGap reports whether plays may have been missed before a listen, from the entries near it: a full page begins at
// one of them and no page with it begins earlier, and none of them is in the middle of a page.
func followsGap(pages []page, near []*entry) bool {
	gap := false
	for _, e := range near {
		if e.source != lake.SourceAPI {
			continue
		}
		begins, oldest := false, e.at
		for _, p := range pages {
			if p.plays[instant{e.at, e.track}] {
				begins = begins || p.full && p.begins == e.at
				oldest = min(oldest, p.begins)
			}
		}
		if oldest < e.at-twinMicros {
			return false
		}
		gap = gap || begins && oldest == e.at
	}
	return gap
}

// gap is a row of the views gaps and open_gaps.
type gap struct {
	listener      string
	after, before int64
}

// gapsOf are the gaps of a listener's listens, sorted.
func gapsOf(list []listen) (gaps []gap) {
	for _, l := range list {
		if !l.followsGap {
			continue
		}
		g := gap{listener: l.listener, before: l.at}
		found := false
		for _, other := range list {
			if other.at < l.at {
				g.after, found = other.at, true
			}
		}
		if found && !slices.Contains(gaps, g) {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// openGapsOf are the gaps that no import spans that is complete and of which every row is loaded.
func openGapsOf(gaps []gap, objects []object) []gap {
	return slices.DeleteFunc(slices.Clone(gaps), func(g gap) bool {
		return slices.ContainsFunc(objects, func(o object) bool {
			m := o.manifest
			return m != nil && o.listener() == g.listener && m.Oldest != nil && m.Complete() && loadedRows(o, objects) == m.Rows &&
				m.Oldest.UnixMicro() <= g.after && m.Newest.UnixMicro() >= g.before
		})
	})
}

// loadedRows is the number of loaded rows of a manifest's export.
func loadedRows(manifest object, objects []object) (rows int64) {
	for _, o := range objects {
		if path.Dir(o.name) == path.Dir(manifest.name) {
			rows += int64(len(o.plays))
		}
	}
	return rows
}
