package secrets_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/secrets"
)

type token struct {
	RefreshToken string `json:"refresh_token"`
}

func TestStore(t *testing.T) {
	s := machinetest.Start(t).Config
	store, err := secrets.Open(t.Context(), s.Project)
	if err != nil {
		t.Fatal(err)
	}
	ctx, id := t.Context(), secrets.TokenID("me")
	var got token
	for name, read := range map[string]func() error{
		"latest of nothing":       func() error { _, err := store.Latest(ctx, id, &got); return err },
		"newest of nothing":       func() error { _, err := store.Newest(ctx, id, &got); return err },
		"latest of no secret":     func() error { _, err := store.Latest(ctx, "no-such-secret", &got); return err },
		"newest of no secret":     func() error { _, err := store.Newest(ctx, "no-such-secret", &got); return err },
		"versions of no secret":   func() error { _, err := store.Versions(ctx, "no-such-secret"); return err },
		"destroying of no secret": func() error { return store.DestroyBefore(ctx, "no-such-secret", 9) },
	} {
		if err := read(); !errors.Is(err, secrets.ErrEmpty) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n, word := range []string{"one", "two", "three"} {
		if version, err := store.Add(ctx, id, token{word}); err != nil || version != n+1 {
			t.Fatalf("Add(%s) = %d, %v", word, version, err)
		}
		if version, err := store.Latest(ctx, id, &got); err != nil || version != n+1 || got.RefreshToken != word {
			t.Errorf("Latest() = %d %+v, %v", version, got, err)
		}
	}
	if err := store.DestroyBefore(ctx, id, 3); err != nil {
		t.Fatal(err)
	}
	if left, err := store.Versions(ctx, id); err != nil || !slices.Equal(left, []int{3}) {
		t.Errorf("left are %v, %v", left, err)
	}
	if version, err := store.Newest(ctx, id, &got); err != nil || version != 3 || got.RefreshToken != "three" {
		t.Errorf("Newest() = %d %+v, %v", version, got, err)
	}
	if _, err := store.Add(ctx, id, "a-token-pasted-bare"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Latest(ctx, id, &got); !errors.Is(err, secrets.ErrMalformed) || strings.Contains(err.Error(), "pasted") {
		t.Errorf("a secret that is not an object: %v", err)
	}
}
