package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
)

// The tables of connections on Linux: https://docs.kernel.org/networking/proc_net_tcp.html. A connection to 127.0.0.1 can
// stand in either.
var connectionTables = []string{"/proc/net/tcp", "/proc/net/tcp6"}

// stranger is the key of the question whether another user of this machine has made a connection.
type stranger struct{}

// markStranger gives a connection that question. Its first request answers it: a server does not know of a connection
// before this function has returned, and a stop would break it off.
func markStranger(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, stranger{}, sync.OnceValue(func() bool {
		user, known := peerUser(c.RemoteAddr(), c.LocalAddr())
		return known && user != 0 && user != os.Getuid()
	}))
}

// ownUser refuses the requests of other users of this machine: the page shows and changes what belongs to the person who
// runs the program. Root may do everything anyway. Where the system does not say who has connected, nobody is refused.
func ownUser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if other, ok := r.Context().Value(stranger{}).(func() bool); ok && other() {
			err := faults.New(faults.Foreign, "Ask the person who runs the program.", "this page belongs to another user of this machine")
			handler.HTTP("public", time.Second, func(http.ResponseWriter, *http.Request) error { return err })(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// peerUser returns the id of the user who has opened a connection from one address of this machine to another. A
// connection that its program has closed belongs to nobody, and gets the id -1.
func peerUser(from, to net.Addr) (user int, known bool) {
	peer, err := netip.ParseAddrPort(from.String())
	here, err2 := netip.ParseAddrPort(to.String())
	if err != nil || err2 != nil {
		return 0, false
	}
	for _, table := range connectionTables {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		six := strings.HasSuffix(table, "6")
		local, remote := tableAddress(peer, six), tableAddress(here, six)
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) < 8 || fields[1] != local || fields[2] != remote {
				continue
			}
			const established = "01"
			id, err := strconv.Atoi(fields[7])
			if err != nil || fields[3] != established {
				return -1, true
			}
			return id, true
		}
	}
	return 0, false
}

// tableAddress writes an IPv4 address as the tables do: in words of the processor's order of bytes, and in the table of
// IPv6 behind ::ffff.
func tableAddress(address netip.AddrPort, six bool) string {
	ip := address.Addr().Unmap().As4()
	prefix := ""
	if six {
		prefix = fmt.Sprintf("0000000000000000%08X", binary.NativeEndian.Uint32([]byte{0, 0, 0xff, 0xff}))
	}
	return fmt.Sprintf("%s%08X:%04X", prefix, binary.NativeEndian.Uint32(ip[:]), address.Port())
}
