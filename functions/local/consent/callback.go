package consent

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"spotify-insights.internal/shared/faults"
)

const (
	// Address is registered with the Spotify app as part of [RedirectURL], letter by letter. Spotify accepts a loopback
	// address but not "localhost".
	Address     = "127.0.0.1:8888"
	RedirectURL = "http://" + Address + path
	path        = "/callback"

	// Limit is how long a flow is open.
	Limit = 10 * time.Minute
	// keptFor is how long the end of a flow is remembered, for a browser that asks again.
	keptFor = time.Minute
	// maxOpen is how many flows may be open at once.
	maxOpen = 20
	// goodbye is how long a browser may take to read an answer after [Callback.Close].
	goodbye = 4 * time.Second
)

// Callback knows the open flows, and listens for Spotify's answers as long as there are any.
type Callback struct {
	address        string
	limit, keptFor time.Duration

	mu     sync.Mutex
	flows  []*Flow // oldest first
	server *http.Server
}

// NewCallback returns a callback without flows, which does not listen. Another address than [Address] is for tests.
func NewCallback(address string) *Callback {
	return &Callback{address: address, limit: Limit, keptFor: keptFor}
}

// Begin opens a flow. Its answer can be pasted even if err is not nil, which says why the callback cannot listen.
func (c *Callback) Begin(r Request) (f *Flow, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f = begin(r, "http://"+c.address+path)
	if c.flows = append(c.flows, f); len(c.flows) > maxOpen {
		go c.remove(c.flows[0])
	}
	go c.watch(f)
	return f, c.listen()
}

// listen listens where nobody does yet.
func (c *Callback) listen() error {
	if c.server != nil {
		return nil
	}
	port, err := net.Listen("tcp", c.address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, c.answer)
	c.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second}
	go c.server.Serve(port)
	return nil
}

// watch removes a flow some time after its end.
func (c *Callback) watch(f *Flow) {
	limit := time.NewTimer(c.limit)
	defer limit.Stop()
	select {
	case <-f.done:
		time.Sleep(c.keptFor)
	case <-limit.C:
	}
	c.remove(f)
}

// remove ends a flow, and stops listening after the last one.
func (c *Callback) remove(f *Flow) {
	f.expire()
	c.mu.Lock()
	for i, open := range c.flows {
		if open == f {
			c.flows = append(c.flows[:i:i], c.flows[i+1:]...)
		}
	}
	var idle *http.Server
	if len(c.flows) == 0 {
		idle, c.server = c.server, nil
	}
	c.mu.Unlock()
	shutDown(idle)
}

// Close ends all flows, and stops listening once the browsers have their answers.
func (c *Callback) Close() {
	c.mu.Lock()
	flows, server := c.flows, c.server
	c.flows, c.server = nil, nil
	c.mu.Unlock()
	for _, f := range flows {
		f.expire()
	}
	shutDown(server)
}

func shutDown(server *http.Server) {
	if server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	_ = server.Shutdown(ctx)
}

// Paste finishes the flow that a pasted address belongs to, and returns it. The error is that of the address; that of the
// flow is in [Flow.Ends].
func (c *Callback) Paste(ctx context.Context, text string) (*Flow, error) {
	answer, err := pasted(text)
	if err != nil {
		return nil, err
	}
	return c.finish(ctx, answer)
}

// finish finishes the flow that an answer belongs to.
func (c *Callback) finish(ctx context.Context, answer url.Values) (*Flow, error) {
	f := c.find(answer)
	if f == nil {
		return nil, faults.New(faults.Invalid, "Open the address at Spotify that was shown last, or connect again.", "this answer belongs to no consent that is being asked for now")
	}
	f.finish(ctx, answer)
	return f, nil
}

func (c *Callback) find(answer url.Values) *Flow {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.flows {
		if f.is(answer) {
			return f
		}
	}
	return nil
}

// answer answers a browser that Spotify has sent back.
func (c *Callback) answer(w http.ResponseWriter, r *http.Request) {
	f, err := c.finish(r.Context(), r.URL.Query())
	if f == nil {
		writePage(w, reply{Err: err})
		return
	}
	ends, err := f.Ends()
	writePage(w, reply{Flow: f, Ends: ends, Err: err})
}
