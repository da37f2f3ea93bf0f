package buildpack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
)

const (
	startLimit = 30 * time.Second       // until a program listens
	lookPause  = 200 * time.Microsecond // between two tries to connect; Linux makes a millisecond of it
	stopLimit  = 5 * time.Second        // until a program has ended
)

// Process is a running program of [Build] that serves one function, at every path.
type Process struct {
	Function  string
	URL       string        // http://host:port
	Listening time.Duration // from before the start of the process to the first connection

	cmd    *exec.Cmd
	output *machinetest.Output
	exited chan struct{} // closed once cmd has been waited for
}

// Start starts a program in dir as Cloud Run starts it, with FUNCTION_TARGET, PORT and this process's environment, and
// returns once it listens. It ends with ctx. The program does not report its port, so Start chooses a free one, and
// another where a different process has taken it meanwhile.
func Start(ctx context.Context, binary, function, dir string) (*Process, error) {
	for attempt := 1; ; attempt++ {
		p, err := start(ctx, binary, function, dir)
		if err == nil || attempt == 3 || !strings.Contains(err.Error(), "address already in use") {
			return p, err
		}
	}
}

func start(ctx context.Context, binary, function, dir string) (*Process, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	p := &Process{Function: function, URL: "http://" + address, output: &machinetest.Output{}, exited: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, binary)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "FUNCTION_TARGET="+function, "PORT="+port)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", function, err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // its result is in p.cmd.ProcessState
	}()
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			p.Listening = time.Since(began)
			conn.Close()
			return p, nil
		}
		select {
		case <-p.exited:
			return nil, fmt.Errorf("starting %s: it ended before it listened: %v\n%s", function, p.cmd.ProcessState, p.output)
		case <-time.After(lookPause):
		}
		if time.Since(began) > startLimit {
			return nil, errors.Join(fmt.Errorf("starting %s: it does not listen\n%s", function, p.output), p.Stop())
		}
	}
}

// ID is the process's id.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Stop ends the process with SIGTERM, as Cloud Run does, and waits for its end. The functions framework does not catch the
// signal.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping process %d: %w", p.ID(), err)
	}
	select {
	case <-p.exited:
	case <-time.After(stopLimit):
		p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("process %d did not end at SIGTERM", p.ID())
	}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !(status.Signaled() && status.Signal() == syscall.SIGTERM) {
		return fmt.Errorf("process %d ended by itself: %v\n%s", p.ID(), p.cmd.ProcessState, p.output)
	}
	return nil
}

// CPU is the processor time of a stopped process, in user mode and in the kernel.
func (p *Process) CPU() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}
