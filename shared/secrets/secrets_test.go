package secrets_test

import (
	"errors"
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
		"versions of no secret":   func() error { return store.EachEnabled(ctx, "no-such-secret", nil) },
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
	var left []int
	if err := store.EachEnabled(ctx, id, func(n int) error { left = append(left, n); return nil }); err != nil || len(left) != 1 || left[0] != 3 {
		t.Errorf("left are %v, %v", left, err)
	}
	if version, err := store.Newest(ctx, id, &got); err != nil || version != 3 || got.RefreshToken != "three" {
		t.Errorf("Newest() = %d %+v, %v", version, got, err)
	}
	if _, err := store.Add(ctx, id, "a-token-pasted-bare"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Latest(ctx, id, &got); err == nil || strings.Contains(err.Error(), "pasted") {
		t.Errorf("a secret that is no object: %v", err)
	}
}
