package figures

// Of returns the count of one track, artist or album.
func (c *Counts) Of(kind Kind, number int) Count { return c.kinds[kind][number] }

// Place returns the rank of one track, artist or album in [Counts.Ranking], from 1, and the number of all places.
// The rank is 0 without a play.
func (c *Counts) Place(kind Kind, by By, number int) (rank, total int) {
	order := c.order(kind, by)
	for n := range c.kinds[kind] {
		if c.kinds[kind][n].Plays > 0 {
			total++
			if order(int32(n), int32(number)) <= 0 {
				rank++
			}
		}
	}
	if c.Of(kind, number).Plays == 0 {
		rank = 0
	}
	return rank, total
}
