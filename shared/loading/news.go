package loading

import (
	"time"

	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// news is what is to be told of a run's loads, a message a listener.
type news map[string]events.Loaded

// add takes a load in that was committed at a time, if it changes anything that is shown. Audio features
// are told to all listeners.
func (n news) add(load warehouse.Load, committed time.Time, all []string) {
	switch {
	case load.Kind != nil && *load.Kind == lake.KindFeatures:
		if load.Inserted > 0 {
			for _, listener := range all {
				n.merge(events.Loaded{Listener: listener, CommittedAt: committed, Features: true})
			}
		}
	case load.Listener != nil && (load.Inserted > 0 || load.Rejected > 0 || load.Error != nil):
		n.merge(events.Loaded{Listener: *load.Listener, CommittedAt: committed, Since: load.Oldest})
	}
}

// due has a listener told whatever was loaded, and that any play may be new.
func (n news) due(listener string, now time.Time) {
	committed := n[listener].CommittedAt
	if committed.IsZero() {
		committed = now.UTC()
	}
	n[listener] = events.Loaded{Listener: listener, CommittedAt: committed}
}

// merge makes one message of two.
func (n news) merge(m events.Loaded) {
	told, ok := n[m.Listener]
	switch {
	case !ok || told.Features: // what was told of features, any news of the warehouse tells too
		told.Since, told.Features = m.Since, m.Features
	case !m.Features && (m.Since == nil || told.Since != nil && m.Since.Before(*told.Since)):
		told.Since = m.Since
	}
	told.Listener = m.Listener
	if m.CommittedAt.After(told.CommittedAt) {
		told.CommittedAt = m.CommittedAt
	}
	n[m.Listener] = told
}
