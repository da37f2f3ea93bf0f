package warehouse

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// Another version of the rows, another text and another name of a file each make another model.
func TestModel(t *testing.T) {
	file := func(name, text string) fs.FS { return fstest.MapFS{name: {Data: []byte(text)}} }
	models := map[string]string{}
	for what, m := range map[string]string{
		"as it is":        model(1, file("a.sql", "SELECT 1"), file("a.json", "[]")),
		"another version": model(2, file("a.sql", "SELECT 1"), file("a.json", "[]")),
		"another SQL":     model(1, file("a.sql", "SELECT 2"), file("a.json", "[]")),
		"another schema":  model(1, file("a.sql", "SELECT 1"), file("a.json", "[1]")),
		"another name":    model(1, file("b.sql", "SELECT 1"), file("a.json", "[]")),
		"another place":   model(1, file("a.sql", "SELECT 1a.json 2\n[]"), fstest.MapFS{}),
	} {
		if other, ok := models[m]; ok {
			t.Errorf("%s and %s are one model", what, other)
		}
		models[m] = what
	}
	if first, second := Model(), Model(); first != second || len(first) != 32 {
		t.Errorf("Model() = %q, then %q", first, second)
	}
	if Fingerprint("a") == Fingerprint("b") {
		t.Error("the fingerprint does not depend on the dataset")
	}
}
