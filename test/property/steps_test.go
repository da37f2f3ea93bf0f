package property

import (
	"fmt"
	"slices"
	"time"

	"spotify-insights.internal/shared/insights"
)

// step does one random thing that can happen to a pipeline.
func (w *world) step() {
	w.t.Helper()
	w.note("")
	w.fault.set(0, nil)
	if w.dice.chance(20) {
		w.goWrong()
	}
	switch n := w.dice.IntN(100); {
	case n < 40:
		w.loadSome()
	case n < 88:
		w.deliver()
	case n < 91:
		w.note("reconcile")
		w.reconcile()
	case n < 94:
		w.note("lose all messages")
		w.messages = nil
	case n < 98:
		w.changeDocument(w.dice.IntN(len(w.listeners)))
	default:
		w.loseRows()
	}
}

// goWrong makes one of the next calls fail, or something else happen just before it.
func (w *world) goWrong() {
	at := w.dice.from(1, 12)
	switch w.dice.IntN(4) {
	case 0:
		w.note("fail before call %d", at)
		w.fault.set(at, failBefore)
	case 1:
		w.note("fail after call %d", at)
		w.fault.set(at, failAfter)
	case 2:
		w.note("load before call %d", at)
		w.fault.set(at, func(call func() error) error {
			w.loadSome()
			w.meanwhile = true
			return call()
		})
	case 3:
		w.note("run before call %d", at)
		w.fault.set(at, func(call func() error) error {
			w.handle(time.Now())
			return call()
		})
	}
}

// loadSome writes some objects, and loads some of those that are there in any order, some of them again.
func (w *world) loadSome() {
	w.t.Helper()
	w.arrive(w.dice.from(0, 1+len(w.objects)/8))
	var list []string
	for _, name := range sortedKeys(w.lake) {
		if !w.loaded[name] && w.dice.chance(80) || w.dice.chance(2) {
			list = append(list, name)
		}
	}
	w.dice.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	n := w.dice.from(0, len(list))
	w.note("load %d and %d", n, len(list)-n)
	w.load(list[:n])
	w.load(list[n:])
}

// deliver sends topten a message: in any order, some again. After a whole run the tables are right.
func (w *world) deliver() {
	w.t.Helper()
	at := time.Now()
	if len(w.messages) > 0 && w.dice.chance(70) {
		i := w.dice.IntN(len(w.messages))
		at = w.messages[i]
		if !w.dice.chance(20) {
			w.messages = slices.Delete(w.messages, i, i+1)
		}
	}
	w.meanwhile = false
	ran := w.handle(at)
	w.note("run %v", ran)
	if ran && !w.unsure && !w.meanwhile {
		w.note("check")
		w.checkTables()
	}
}

// changeDocument changes a listener's document as a wrong clock, another program or a person can.
func (w *world) changeDocument(i int) {
	w.t.Helper()
	ctx, name := w.t.Context(), insights.DocumentName(w.listeners[i].ID)
	var d insights.Document
	generation, err := w.insights.ReadJSON(ctx, name, &d)
	if generation == 0 || err != nil || d.Loaded == nil {
		return
	}
	what := pick(w.dice, "delete", "break", "model", "ahead", "ahead", "behind", "zone")
	w.note("document: %s", what)
	switch what {
	case "delete":
		w.must(w.insights.Delete(ctx, name))
		return
	case "break":
		w.must(w.insights.WriteJSON(ctx, name, "not a document", generation))
		return
	case "model":
		d.Loaded.Model = "another"
	case "ahead":
		d.AsOf = d.AsOf.Add(w.dice.within(time.Hour, 1000*time.Hour, time.Hour))
	case "behind":
		d.AsOf = d.AsOf.Add(-w.dice.within(time.Hour, 1000*time.Hour, time.Hour))
	case "zone":
		d.TimeZone = "Asia/Tokyo"
	}
	w.must(w.insights.WriteJSON(ctx, name, d, generation))
}

// loseRows deletes rows of a table. reconcile finds lost plays, and the next run lost listens.
func (w *world) loseRows() {
	w.t.Helper()
	if w.dice.chance(50) {
		w.note("empty plays")
		w.rows("DELETE FROM %s.plays WHERE TRUE")
		if w.dice.chance(50) { // a reset that was interrupted
			w.note("and listens")
			w.rows("DELETE FROM %s.listens WHERE TRUE")
			w.note("run %v", w.handle(time.Now()))
		}
		w.fault.set(0, nil)
		w.note("reconcile")
		w.reconcile()
		return
	}
	if !w.settled() {
		return
	}
	w.note("lose listens")
	w.rows("DELETE FROM %s.listens WHERE MOD(UNIX_MICROS(played_at), 3) = 0")
}

// settled reports whether the table listens has as many rows as the documents say. A loss is visible only then.
func (w *world) settled() bool {
	w.t.Helper()
	for _, l := range w.listeners {
		var d insights.Document
		generation, err := w.insights.ReadJSON(w.t.Context(), insights.DocumentName(l.ID), &d)
		if generation == 0 || err != nil || d.Loaded == nil {
			return false
		}
		rows := w.rows(fmt.Sprintf("SELECT COUNT(*) FROM %%s.listens WHERE listener = '%s'", l.ID))
		if rows[0] != fmt.Sprint(d.Loaded.Listens) {
			return false
		}
	}
	return true
}
