package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openPTY opens a terminal, and the other end of it: what a person types is written there, and what is shown is read.
func openPTY(t *testing.T) (person, in *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	in, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, in // in stays open: a read of it that was given up goes on until person is closed
}

func shows(t *testing.T, in *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// A secret is not shown while it is typed. Afterwards the terminal shows what is typed, also where Ctrl-C ends the question.
func TestAskHidden(t *testing.T) {
	person, in := openPTY(t)
	prompt := openPrompt(in)
	if !prompt.person || !prompt.answers() {
		t.Fatal("the terminal is not one")
	}
	hidden := func() {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); shows(t, in); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the terminal shows what is typed")
			}
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	asked := make(chan string)
	ask := func() {
		answer, err := prompt.askHidden(ctx, "")
		asked <- fmt.Sprint(answer, err)
	}
	go ask()
	hidden()
	if _, err := io.WriteString(person, " s3cret\n"); err != nil {
		t.Fatal(err)
	}
	if answer := <-asked; answer != "s3cret<nil>" || !shows(t, in) {
		t.Errorf("the answer is %s; the terminal shows what is typed: %v", answer, shows(t, in))
	}
	if _, err := io.WriteString(person, "the-id\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := prompt.ask(ctx, ""); answer != "the-id" || err != nil {
		t.Errorf("the next answer is %q, %v", answer, err)
	}
	shown := make([]byte, 1000)
	n, err := person.Read(shown)
	if text := string(shown[:n]); err != nil || strings.Contains(text, "s3cret") || !strings.Contains(text, "the-id") {
		t.Errorf("the terminal shows %q, %v", text, err)
	}
	go ask()
	hidden()
	stop()
	if answer := <-asked; answer != errStopped.Error() || !shows(t, in) {
		t.Errorf("after Ctrl-C the answer is %s; the terminal shows what is typed: %v", answer, shows(t, in))
	}
}
