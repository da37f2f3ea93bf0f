// Package killtest kills a writer in the middle of its work, for tests of what is left on the disk.
package killtest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// folder is the variable by which the process of the writer knows its folder.
const folder = "KILLTEST_FOLDER"

// Writes runs this test again in a process of its own, where write is called with 1, 2, 3, ... The process is killed
// (SIGKILL) once the nth call has returned. Writes returns the folder and the number of calls that have returned. open
// makes write for a folder.
func Writes(t *testing.T, n int, open func(dir string) (write func(i int))) (dir string, answered int) {
	t.Helper()
	if dir := os.Getenv(folder); dir != "" {
		write := open(dir)
		for i := 1; ; i++ {
			write(i)
			fmt.Println("answered", i)
		}
	}
	dir = t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), folder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err = errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "answered %d", &answered); err == nil && answered == n {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	if answered < n {
		t.Fatalf("the writer ended by itself after %d writes", answered)
	}
	return dir, answered
}
