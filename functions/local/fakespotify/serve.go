package fakespotify

import (
	"net"
	"net/http"
	"os"
	"time"
)

// Serve serves on a free loopback port until the returned server is closed, and points the clients
// that this process makes there.
func (s *Server) Serve() (*http.Server, error) {
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(port)
	base := "http://" + port.Addr().String()
	os.Setenv("SPOTIFY_API_URL", base)
	os.Setenv("SPOTIFY_ACCOUNTS_URL", base)
	os.Setenv("RECCOBEATS_URL", base+"/reccobeats")
	return server, nil
}
