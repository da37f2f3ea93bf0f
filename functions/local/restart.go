package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// inheritedPort is the variable with the number of the open file that is the public port. A command that starts itself again
// sets it: no other program can take the port meanwhile, and a browser that asks meanwhile waits.
const inheritedPort = "INHERITED_PORT"

// environment is that of the start, before the embedded cloud and the demo have set their own.
var environment = os.Environ()

// restart is an error of a server that has stopped to start again.
type restart struct{ port int }

func (restart) Error() string { return "the server starts again" }

// restartOn returns a [restart] that goes on with a public port, which may be closed then.
func restartOn(port net.Listener) error {
	file, err := port.(*net.TCPListener).File()
	if err != nil {
		return fmt.Errorf("keeping the public port: %w. Start the server again: make run", err)
	}
	defer file.Close()
	number, err := syscall.Dup(int(file.Fd())) // stays open in the next program
	if err != nil {
		return fmt.Errorf("keeping the public port: %w. Start the server again: make run", err)
	}
	return restart{number}
}

// run replaces this program by a new one.
func (r restart) run() error {
	program, err := os.Executable()
	if err == nil {
		err = syscall.Exec(program, os.Args, append(environment, inheritedPort+"="+strconv.Itoa(r.port)))
	}
	return fmt.Errorf("starting again: %w. Start the server again: make run", err)
}

// inherited returns the public port of the program before; nil where there was none.
func inherited() net.Listener {
	number, err := strconv.Atoi(os.Getenv(inheritedPort))
	if err != nil {
		return nil
	}
	os.Unsetenv(inheritedPort)
	environment = os.Environ()
	file := os.NewFile(uintptr(number), "the public port")
	defer file.Close()
	port, err := net.FileListener(file)
	if err != nil {
		return nil
	}
	return port
}
