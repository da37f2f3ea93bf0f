package topten

import (
	"context"
	"maps"
	"slices"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// imports returns the imports of the listeners to publish. Those of a document are used again while what is loaded of
// its listener's exports is the same, because their account reads the keys of all plays.
func (r *Refresher) imports(ctx context.Context, before []state, plans []plan, status warehouse.Status) (map[string][]insights.Import, error) {
	imports := map[string][]insights.Import{}
	var changed []string
	for i, s := range before {
		exports := statusOf(status, s.listener.ID).Exports
		switch {
		case !plans[i].publish || !slices.ContainsFunc(slices.Collect(maps.Values(exports)), func(e insights.Export) bool { return e.Expected > 0 }):
		case s.readable && s.document.Status != nil && s.document.Loaded.Model == warehouse.Model() && maps.Equal(s.document.Loaded.Exports, exports):
			imports[s.listener.ID] = s.document.Status.Imports
		default:
			changed = append(changed, s.listener.ID)
		}
	}
	if len(changed) == 0 {
		return imports, nil
	}
	asked, err := r.Warehouse.Imports(ctx, changed)
	maps.Copy(imports, asked)
	return imports, err
}
