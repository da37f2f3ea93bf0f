package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// The system says who has opened a connection, and that a closed one belongs to nobody. A request of another user is refused.
func TestPeerUser(t *testing.T) {
	if _, err := os.Stat(connectionTables[0]); err != nil {
		t.Skip("only Linux has the table of connections")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, network := range []string{"tcp4", "tcp6"} {
		address := listener.Addr().String()
		if network == "tcp6" {
			address = "[::ffff:127.0.0.1]" + address[len("127.0.0.1"):]
			network = "tcp"
		}
		client, err := net.Dial(network, address)
		if err != nil {
			t.Fatal(err)
		}
		server, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if user, known := peerUser(server.RemoteAddr(), server.LocalAddr()); !known || user != os.Getuid() {
			t.Errorf("%s: the user is %d (known: %t), want %d", address, user, known, os.Getuid())
		}
		client.Close()
		if user, known := peerUser(server.RemoteAddr(), server.LocalAddr()); known && user != -1 {
			t.Errorf("%s: a closed connection is user %d's", address, user)
		}
		server.Close()
	}
}

func TestOwnUser(t *testing.T) {
	for other, want := range map[bool]int{true: http.StatusForbidden, false: http.StatusOK} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), stranger{}, func() bool { return other }), http.MethodGet, "/", nil)
		ownUser(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("another user: %t, answered %d", other, w.Code)
		}
	}
}
