package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Exports that made trouble for people, each imported by the built command as its runner does.
func TestExportCases(t *testing.T) {
	cases, err := filepath.Abs("../../../shared/cases")
	if err != nil {
		t.Fatal(err)
	}
	folders, _ := filepath.Glob(filepath.Join(cases, "export", "*"))
	if len(folders) == 0 {
		t.Skip("there is no folder ../shared/cases/export beside the checkout")
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			runner := exec.CommandContext(t.Context(), "python3", filepath.Join(cases, "run_export.py"), binary, filepath.Base(folder))
			runner.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
			if out, err := runner.CombinedOutput(); err != nil || !strings.Contains(string(out), "1 export cases, 0 failed") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
