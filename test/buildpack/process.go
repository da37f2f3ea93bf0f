package buildpack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// startLimit is how long a program may take until it listens.
	startLimit = 30 * time.Second
	// lookPause is how long is waited between two looks whether it does; Linux makes a millisecond of it.
	lookPause = 200 * time.Microsecond
	// stopLimit is how long a program may take to end before it is killed.
	stopLimit = 5 * time.Second
)

// Process is a running program of [Build] that serves one function, at every path.
type Process struct {
	Function  string
	URL       string        // http://host:port
	Listening time.Duration // from before the start of the process to the first connection

	cmd    *exec.Cmd
	output *output
	exited chan struct{} // closed once cmd has been waited for
}

// Start starts a program in dir as Cloud Run starts it, with FUNCTION_TARGET and a free PORT set, and
// returns once it listens. What else it is told is this process's environment. It ends with ctx.
func Start(ctx context.Context, binary, function, dir string) (*Process, error) {
	host, port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", function, err)
	}
	p := &Process{Function: function, URL: "http://" + net.JoinHostPort(host, port), output: &output{}, exited: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, binary)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "FUNCTION_TARGET="+function, "PORT="+port)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	start := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", function, err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // how it ended stands in its state
	}()
	for {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err == nil {
			p.Listening = time.Since(start)
			conn.Close()
			return p, nil
		}
		select {
		case <-p.exited:
			return nil, fmt.Errorf("starting %s: it ended before it listened: %v\n%s", function, p.cmd.ProcessState, p.output)
		case <-time.After(lookPause):
		}
		if time.Since(start) > startLimit {
			return nil, errors.Join(fmt.Errorf("starting %s: it does not listen\n%s", function, p.output), p.Stop())
		}
	}
}

func freePort() (host, port string, err error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	host, port, err = net.SplitHostPort(free.Addr().String())
	return host, port, errors.Join(err, free.Close())
}

// ID is the process's.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Stop ends the process as Cloud Run does and returns once it is gone. To be ended by the signal is
// no error: the functions framework does not catch it.
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

// CPU is the processor time that a stopped process has used, in user mode and in the kernel.
func (p *Process) CPU() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// output collects what the program writes to its standard output and its standard error.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
