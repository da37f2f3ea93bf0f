package property

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"spotify-insights.internal/shared/lake"
)

// coverage counts the special cases of all histories. It fails where the generator no longer makes one of them.
type coverage struct {
	mu     sync.Mutex
	number map[string]int
}

func (c *coverage) add(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.number == nil {
		c.number = map[string]int{}
	}
	c.number[what] += n
}

// history counts the special cases of one history.
func (c *coverage) history(w *world) {
	objects := w.loadedObjects()
	for _, o := range objects {
		c.add("rows", len(o.plays))
	}
	for _, l := range w.listeners {
		for _, entries := range entriesOf(l.ID, objects) {
			markRepeated(entries)
			for _, e := range entries {
				if e.repeated {
					c.add("repeated API rows", 1)
				}
				if e.source == lake.SourceExport && (e.ms == nil || *e.ms < countedMS) {
					c.add("short export rows", 1)
				}
			}
		}
		list := listensOf(l.ID, objects)
		for i, one := range list {
			c.add("told by "+one.toldBy, 1)
			if !one.measured && one.ms != nil && *one.ms != *one.duration {
				c.add("bounded by the listen before", 1)
			}
			if one.ms == nil {
				c.add("of unknown length", 1)
			}
			if i > 0 && one.at == list[i-1].at {
				c.add("at the instant of another", 1)
				if one.followsGap != list[i-1].followsGap {
					c.add("at the instant of one that follows a gap", 1)
				}
			}
		}
		ranking := topTenOf(l, list, time.Now())
		for i := 1; i < len(ranking); i++ {
			if a, b := ranking[i-1], ranking[i]; a.period == b.period && a.plays == b.plays {
				c.add("ranks that plays do not decide", 1)
				if a.ms == b.ms {
					c.add("ranks that time does not decide", 1)
				}
			}
		}
		gaps := gapsOf(list)
		c.add("gaps", len(gaps))
		c.add("gaps that an import closes", len(gaps)-len(openGapsOf(gaps, objects)))
		for _, i := range importsOf(l.ID, objects) {
			for _, f := range i.Files {
				c.add("duplicates of imports", int(f.Duplicates))
				c.add("new plays of imports", int(f.Plays))
				if f.Error != "" {
					c.add("files that could not be read", 1)
				}
			}
		}
	}
}

// check fails the test where a special case did not occur. It needs many histories.
func (c *coverage) check(t *testing.T) {
	for _, what := range slices.Sorted(maps.Keys(c.number)) {
		t.Log(fmt.Sprintf("%6d", c.number[what]), what)
	}
	for _, what := range []string{
		"rows", "told by api", "told by export", "told by both", "repeated API rows", "short export rows", "bounded by the listen before",
		"of unknown length", "at the instant of another", "gaps", "gaps that an import closes", "duplicates of imports", "new plays of imports", "files that could not be read",
		"ranks that plays do not decide",
	} {
		if c.number[what] == 0 {
			t.Errorf("no case had %s", what)
		}
	}
}
