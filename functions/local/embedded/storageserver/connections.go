package storageserver

import (
	"net"
	"net/http"
	"sync"
)

// connections are those over which no request has come yet. Clients open some in a burst and never need them, and
// http.Server.Shutdown waits 5 seconds for each to say something.
type connections struct {
	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
}

func (c *connections) track(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(c.conns, conn)
	case c.closed:
		conn.Close()
	default:
		if c.conns == nil {
			c.conns = map[net.Conn]bool{}
		}
		c.conns[conn] = true
	}
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.conns {
		conn.Close()
	}
}
