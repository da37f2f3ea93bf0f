package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/dashboard/static"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/platform"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
)

// listen takes the public port. That comes before everything else: nothing is started in vain, and no other socket of this
// process takes the port. The error is that of a folder in use, if the port is that of the process which uses it.
func listen(dir string) (net.Listener, error) {
	port := cmp.Or(os.Getenv("PORT"), "8080")
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err == nil {
		return listener, nil
	}
	for _, data := range []string{dir, demoFolder(dir)} {
		if machine.InUse(data) {
			return nil, alreadyRunning(data)
		}
	}
	return nil, fmt.Errorf("port %s cannot be used. Choose another one, as in PORT=8081 make run: %w", port, err)
}

// servePage serves the public port and writes its address into the data folder.
func servePage(ctx context.Context, listener net.Listener, p *pipeline, c *connector, demo bool) (page string, closePage func(), err error) {
	uploads, err := openUploads(ctx, p.machine.Config.Listeners, demo)
	if err != nil {
		return "", nil, err
	}
	c.site, c.statuses = uploads.site(), uploads.insights
	page = "http://" + listener.Addr().String() + "/"
	if err := p.machine.Publish(page); err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: publicHandler(platform.Handler(), uploads, c), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute}
	go server.Serve(listener)
	return page, func() {
		ctx, cancel := context.WithTimeout(p.work, stopLimit)
		defer cancel()
		c.callback.Close()
		_ = server.Shutdown(ctx)
	}, nil
}

// publicHandler serves what a browser may reach: the pages, the uploads, the page that connects, and the functions that
// Cloud Scheduler calls. No address leads to the functions that events trigger.
func publicHandler(functions http.Handler, uploads *uploads, c *connector) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		handler.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.Handle("/import", handler.HTTP("import", uploadLimit, forBrowsers(uploads.site(), uploads.receive)))
	c.handle(mux)
	for _, path := range platform.Scheduled {
		mux.Handle(path, functions)
	}
	nothing := handler.HTTP("public", time.Second, forBrowsers(uploads.site(), func(_ http.ResponseWriter, r *http.Request) error {
		action := "The overview is at /, its numbers are at /insights.json."
		if !browser(r) {
			action += " POST /ingest?listener=me fetches now, POST /features fetches audio features, POST /reconcile loads what is not loaded, " +
				"POST /import?listener=me takes a form with an export. Events are not taken on this port."
		}
		return faults.New(faults.Missing, action, "there is nothing at this path")
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if shown(r.URL.Path) {
			functions.ServeHTTP(w, r)
			return
		}
		nothing(w, r)
	})
	return ownHost(mux)
}

// shown reports whether the dashboard has something at a path: a page, a download, or a file that pages load. No function has
// such a name.
func shown(path string) bool {
	_, file := static.Open(path)
	return file || pages.Known(path)
}

// core answers a request, or returns why it does not.
type core func(http.ResponseWriter, *http.Request) error

// browser reports whether a browser asks for a page.
func browser(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// forBrowsers makes a page of an error where a browser asks, because a browser shows no JSON.
func forBrowsers(site *pages.Site, answer core) core {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := answer(w, r)
		if err != nil && browser(r) {
			return dashboard.WriteRefusal(r.Context(), w, site, err)
		}
		return err
	}
}

// ownHost refuses a request by a name that somebody else points at this machine (DNS rebinding).
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			err := faults.New(faults.Invalid, "Use http://127.0.0.1 and the port.", "the host %s is not this machine", faults.Quote(r.Host))
			handler.HTTP("public", time.Second, func(http.ResponseWriter, *http.Request) error { return err })(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopback reports whether a request's Host is this machine's own.
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
