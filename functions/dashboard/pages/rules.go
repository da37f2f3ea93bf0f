package pages

import (
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
)

// ruleArtists is how many artists are shown under each rule.
const ruleArtists = 5

// Rules is the same period counted by several rules.
type Rules struct {
	Listener string `json:"listener"`
	Period   string `json:"period"`
	Rules    []Rule `json:"rules"` // the first one counts every play

	request Request
	receipt figures.Receipt
}

// Rule is a period counted by a rule.
type Rule struct {
	Name    string   `json:"rule"`     // spotify, lastfm, finished or time
	Plays   int      `json:"plays"`    // that satisfy it
	Share   *float64 `json:"share"`    // of all plays, 0 to 1; null without a play
	OfKnown *float64 `json:"of_known"` // of the plays that are not unknown
	Unknown int      `json:"unknown"`  // plays of which nothing tells whether they satisfy it
	Minutes float64  `json:"minutes"`  // of the plays that satisfy it
	Artists []Artist `json:"artists"`  // rank_before is the rank under the first rule

	Title, Text string   `json:"-"`
	Value       string   `json:"-"` // plays, or time where it ranks
	Lines       []string `json:"-"`
	Places      []Place  `json:"-"`
}

var ruleWords = [...]struct{ name, title, text string }{
	figures.Spotify30:  {"spotify", "Spotify", "30 seconds were heard. All plays here satisfy this."},
	figures.HalfOrFour: {"lastfm", "Last.fm", "Half of a track or four minutes were heard, and the track is longer than 30 seconds."},
	figures.Finished:   {"finished", "Finished", "The play went on to the end of the track."},
	figures.TimeHeard:  {"time", "Time", "Every play counts as long as it was."},
}

func rules(r Request) (*Page, error) {
	slice := r.slice()
	counts := figures.ByRules(slice, ruleArtists)
	data := &Rules{Listener: r.Listener.ID, Period: r.Period.Text, request: r, receipt: figures.ReceiptOf(slice, r.Loaded().Gaps)}
	for _, c := range counts {
		data.Rules = append(data.Rules, r.rule(c, counts[figures.Spotify30].Plays))
	}
	data.Rules[figures.Spotify30].Value = atLeast(len(data.receipt.Gaps) > 0) + data.Rules[figures.Spotify30].Value
	return &Page{Title: "Which rule?", Data: data, name: "rules", Tables: []Table{data.table(), data.artists()}}, nil
}

// rule returns what a rule counts of a number of plays.
func (r Request) rule(c figures.RuleCount, all int) Rule {
	words := ruleWords[c.Rule]
	rule := Rule{
		Name: words.name, Title: words.title, Text: words.text, Plays: c.Plays, Unknown: c.Unknown, Minutes: minutes(c.MS),
		Share: known(float64(c.Plays) / float64(all)), OfKnown: known(float64(c.Plays) / float64(all-c.Unknown)),
		Value: counted(c.Plays, "play", "plays"), Artists: each(r.History, c.Top, artistOf),
	}
	rule.Lines = []string{share(c.Plays, all) + " of all plays"}
	if c.Unknown > 0 {
		rule.Lines = append(rule.Lines, share(c.Plays, all-c.Unknown)+" of the known ones", number(c.Unknown)+" unknown")
	}
	for _, p := range c.Top {
		place := r.item(figures.Artists, p.Number, coverSize)
		place.Rank, place.Count, place.Movement = p.Rank, number(p.Plays), moved(p, "", "under the first rule: ")
		place.By = hours(p.MS)
		if c.Rule == figures.TimeHeard {
			place.Count, place.By = place.By, counted(int(p.Plays), "play", "plays")
		}
		rule.Places = append(rule.Places, place)
	}
	if c.Rule == figures.TimeHeard {
		rule.Value = hours(c.MS)
	}
	return rule
}

// Sources says where the plays come from.
func (d *Rules) Sources() []string { return d.request.sources(d.receipt) }

// table returns the counts as a table.
func (d *Rules) table() Table {
	return Table{"rules", []string{"rule", "plays", "share", "of_known", "unknown", "minutes"}, func() (rows [][]string) {
		for _, r := range d.Rules {
			rows = append(rows, []string{r.Name, strconv.Itoa(r.Plays), decimal(r.Share), decimal(r.OfKnown), strconv.Itoa(r.Unknown), decimal(&r.Minutes)})
		}
		return rows
	}}
}

// artists returns the first artists under each rule as a table.
func (d *Rules) artists() Table {
	return Table{"artists", []string{"rule", "rank", "rank_before", "times_played", "minutes_played", "artist_id", "artist_name"}, func() (rows [][]string) {
		for _, r := range d.Rules {
			for _, a := range r.Artists {
				rows = append(rows, []string{r.Name, strconv.Itoa(a.Rank), strconv.Itoa(*a.RankBefore), strconv.FormatInt(a.TimesPlayed, 10), decimal(&a.MinutesPlayed), orEmpty(a.ArtistID), a.ArtistName})
			}
		}
		return rows
	}}
}
