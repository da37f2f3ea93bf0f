package billing

import (
	"errors"
	"slices"
	"strings"
)

// block is one SELECT, or whatever else stands alone between parentheses and set operators. What is
// parenthesised within it is one token of it.
type block struct {
	outer  *block
	tokens []token
}

// parse sorts the tokens of a statement into blocks.
func parse(tokens []token) ([]*block, error) {
	blocks, at := level(tokens, 0, nil)
	if at != len(tokens) {
		return nil, errors.New("the statement has a parenthesis too many")
	}
	return blocks, nil
}

// level parses from a token on up to the parenthesis that closes the level, and returns where that is.
func level(tokens []token, at int, outer *block) ([]*block, int) {
	b := &block{outer: outer}
	blocks := []*block{b}
	for ; at < len(tokens) && !tokens[at].is(")"); at++ {
		switch t := tokens[at]; {
		case t.is("("):
			var inner []*block
			inner, at = level(tokens, at+1, b)
			b.tokens = append(b.tokens, token{kind: group, blocks: inner})
		case t.is("UNION", "INTERSECT"), t.is("EXCEPT") && !b.at(len(b.tokens)-1).is("*"):
			b = &block{outer: outer}
			blocks = append(blocks, b)
		default:
			b.tokens = append(b.tokens, t)
		}
	}
	return blocks, at
}

// at is a token of the block, a symbol of no text beyond its ends.
func (b *block) at(i int) token {
	if i < 0 || i >= len(b.tokens) {
		return token{kind: symbol}
	}
	return b.tokens[i]
}

// after is where the first of some keywords stands from i on, len(b.tokens) where none does.
func (b *block) after(i int, words ...string) int {
	for ; i < len(b.tokens); i++ {
		if b.tokens[i].is(words...) {
			return i
		}
	}
	return i
}

func (b *block) has(words ...string) bool { return b.after(0, words...) < len(b.tokens) }

// query is the innermost block around this one, or itself, that is a whole query: what stands in
// parentheses after FROM may be nothing but a join.
func (b *block) query() *block {
	for b.outer != nil && !b.has("SELECT") {
		b = b.outer
	}
	return b
}

// introduction is the token before the parentheses that the block stands in.
func (b *block) introduction() (before token) {
	if b.outer != nil {
		for i, t := range b.outer.tokens {
			if slices.Contains(t.blocks, b) {
				return b.outer.at(i - 1)
			}
		}
	}
	return token{kind: symbol}
}

// each calls do for every block, from the outermost in.
func each(blocks []*block, do func(*block)) {
	for _, b := range blocks {
		do(b)
		for _, t := range b.tokens {
			each(t.blocks, do)
		}
	}
}

// expand puts the queries of views into the places where they are named. What is named that the catalog
// does not have is an error, as long as its dataset is known.
func (c Catalog) expand(tokens []token) ([]token, error) {
	var out []token
	for i := 0; i < len(tokens); i++ {
		if i+2 < len(tokens) && tokens[i].name() && tokens[i+1].is(".") && tokens[i+2].name() {
			name := tokens[i].text + "." + tokens[i+2].text
			r, known := c[name]
			switch {
			case !known && c.dataset(tokens[i].text):
				return nil, errors.New("it is not known what " + name + " is")
			case known && r.View != "":
				view, err := lex(r.View)
				if err == nil {
					view, err = c.expand(view)
				}
				if err != nil {
					return nil, err
				}
				out = append(append(append(out, token{kind: symbol, text: "("}), view...), token{kind: symbol, text: ")"})
				i += 2
				continue
			}
		}
		out = append(out, tokens[i])
	}
	return out, nil
}

func (c Catalog) dataset(name string) bool {
	for table := range c {
		if strings.HasPrefix(table, name+".") {
			return true
		}
	}
	return false
}
