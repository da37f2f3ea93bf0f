package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const inspected = `{"variables": {
	"region": {"name": "region", "type": "string", "description": "The region.", "default": "us-central1", "required": false},
	"budget": {"name": "budget", "type": "object({\n    account = string\n    amount  = number # a month\n  })", "description": "a | b", "default": null, "required": false},
	"project": {"name": "project", "type": "string", "description": "Id\nof the project.", "default": null, "required": true},
	"covers": {"name": "covers", "type": "bool", "default": false, "required": false}
}, "outputs": {"lake": {"name": "lake", "description": "The lake's bucket."}}}`

const want = "# A\n" + begin + `| setting | default | meaning | type |
|---|---|---|---|
| ` + "`budget` | none | a \\| b | `object({ account = string, amount = number })`" + ` |
| ` + "`covers` | `false` |  | `bool`" + ` |
| ` + "`project` | required | Id of the project. | `string`" + ` |
| ` + "`region` | `\"us-central1\"` | The region. | `string`" + ` |

| output | meaning |
|---|---|
| ` + "`lake`" + ` | The lake's bucket. |
` + end + "\nMore.\n"

func TestTables(t *testing.T) {
	tests := []struct {
		name, in, file string
		check          bool
		want, wantErr  string
	}{
		{name: "none yet", in: inspected, file: "# A\n" + begin + end + "\nMore.\n", want: want},
		{name: "others", in: inspected, file: "# A\n" + begin + "| old |\n" + end + "\nMore.\n", want: want},
		{name: "stale", in: inspected, file: begin + end, check: true, want: begin + end, wantErr: "are stale. This writes them: make docs"},
		{name: "up to date", in: inspected, file: want, check: true, want: want},
		{name: "no markers", in: inspected, file: "# A\n", want: "# A\n", wantErr: "where the tables go"},
		{name: "the end first", in: inspected, file: end + begin, want: end + begin, wantErr: "where the tables go"},
		{name: "a configuration with an error", in: `{"variables": {}, "diagnostics": [{"severity": "error", "summary": "Unclosed block", "detail": "There is no brace."}]}`, file: want, want: want, wantErr: "Unclosed block: There is no brace."},
		{name: "no configuration", in: "", file: want, want: want, wantErr: "reading the configuration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "README.md")
			if err := os.WriteFile(file, []byte(tt.file), 0o644); err != nil {
				t.Fatal(err)
			}
			err := run(strings.NewReader(tt.in), file, tt.check)
			if (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if got, _ := os.ReadFile(file); string(got) != tt.want {
				t.Errorf("the file is\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
