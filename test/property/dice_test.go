package property

import (
	"math/rand/v2"
	"time"
)

// dice makes the random choices of one case. Equal seeds make equal choices.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 11))} }

// chance is true with a probability in percent.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// from is a number from low to high, both included.
func (d dice) from(low, high int) int { return low + d.IntN(high-low+1) }

// within is a duration from low to high in whole units.
func (d dice) within(low, high, unit time.Duration) time.Duration {
	return low + unit*time.Duration(d.Int64N(int64((high-low)/unit)+1))
}

// flag is true, false or unknown.
func (d dice) flag() *bool {
	if d.chance(20) {
		return nil
	}
	return new(d.chance(50))
}

func pick[T any](d dice, values ...T) T { return values[d.IntN(len(values))] }

// maybe is a value, or null with a probability in percent.
func maybe[T any](d dice, null int, value T) *T {
	if d.chance(null) {
		return nil
	}
	return &value
}
