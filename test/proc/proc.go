// Package proc reads what Linux says of a machine and its processes: https://docs.kernel.org/filesystems/proc.html
package proc

import (
	"os"
	"strings"
)

// Field is the value of the first "name: value" in a file of /proc, "" where there is none.
func Field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
