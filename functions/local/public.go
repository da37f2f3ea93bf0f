package main

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
)

// publicHandler is what a person's browser may reach: the page, its numbers, and the functions that
// Cloud Scheduler calls, at the push of a button. The events' endpoints are behind functions, on a port
// that is not announced.
func publicHandler(functions *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(functions)
			r.Out.Host = r.In.Host // the functions compare it with a page's origin
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			handler.JSON(w, http.StatusBadGateway, map[string]string{
				"error": "the function did not answer: " + err.Error(), "action": "Try again; if it stays, start the server again."})
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		handler.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.Handle("/{$}", proxy)
	mux.Handle("/insights.json", proxy)
	for _, scheduled := range []string{"/ingest", "/features", "/reconcile"} {
		mux.Handle(scheduled, proxy)
	}
	mux.HandleFunc("/", refuse(faults.New(faults.Missing,
		"The page is at /, its numbers are at /insights.json. POST /ingest?listener=me ingests now, POST /features fetches audio features, "+
			"POST /reconcile loads what is not loaded. Events are not taken on this port.",
		"there is nothing at this path")))
	return ownHost(mux)
}

// ownHost refuses a request to a name that somebody else points at this machine.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			refuse(faults.New(faults.Invalid, "Use http://127.0.0.1 and the port.", "the host %q is not this machine", r.Host))(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopback(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		host, port = strings.Trim(hostport, "[]"), "80"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// refuse answers every request with err.
func refuse(err error) http.HandlerFunc {
	return handler.HTTP("public", time.Second, func(http.ResponseWriter, *http.Request) error { return err })
}
