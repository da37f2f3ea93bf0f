package smoke

import (
	"context"
	"encoding/json"

	"spotify-insights.internal/shared/secrets"
)

// memory is a Secret Manager in memory: the versions of each secret, numbered from 1.
type memory map[string][][]byte

// Latest decodes the newest version, as Newest does: nothing lags here.
func (m memory) Latest(_ context.Context, id string, v any) (version int, err error) {
	version = len(m[id])
	if version == 0 || m[id][version-1] == nil {
		return 0, secrets.ErrEmpty
	}
	return version, json.Unmarshal(m[id][version-1], v)
}

func (m memory) Newest(ctx context.Context, id string, v any) (int, error) {
	return m.Latest(ctx, id, v)
}

func (m memory) Add(_ context.Context, id string, v any) (version int, err error) {
	data, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	m[id] = append(m[id], data)
	return len(m[id]), nil
}

func (m memory) DestroyBefore(_ context.Context, id string, version int) error {
	clear(m[id][:version-1])
	return nil
}
