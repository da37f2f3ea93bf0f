package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/dashboard/static"
	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
)

// servePage serves the public port and writes its address into the data folder.
func servePage(ctx context.Context, p *pipeline, demo bool) (page string, closePage func(), err error) {
	uploads, err := openUploads(ctx, p.machine.Config.Listeners, demo)
	if err != nil {
		return "", nil, err
	}
	port := cmp.Or(os.Getenv("PORT"), "8080")
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return "", nil, fmt.Errorf("port %s cannot be used. Choose another one, as in PORT=8081 make run: %w", port, err)
	}
	page = "http://" + listener.Addr().String() + "/"
	if err := p.machine.Publish(page); err != nil {
		return "", nil, errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: publicHandler(p.functions, uploads), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute}
	go server.Serve(listener)
	return page, func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		_ = server.Shutdown(ctx)
	}, nil
}

// publicHandler serves what a browser may reach: the pages, the uploads, and the functions that Cloud Scheduler calls. Events
// are posted to another port, which is not announced.
func publicHandler(functions *url.URL, uploads *uploads) http.Handler {
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
	mux.Handle("/import", handler.HTTP("import", uploadLimit, forBrowsers(uploads.site(), uploads.receive)))
	for _, scheduled := range []string{"/ingest", "/features", "/reconcile"} {
		mux.Handle(scheduled, proxy)
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
			proxy.ServeHTTP(w, r)
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

// ownHost refuses a request by a name that somebody else points at this machine.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !embedded.Loopback(r.Host) {
			err := faults.New(faults.Invalid, "Use http://127.0.0.1 and the port.", "the host %s is not this machine", faults.Quote(r.Host))
			handler.HTTP("public", time.Second, func(http.ResponseWriter, *http.Request) error { return err })(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
