package testkit

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Proxy stands between a server and its database, so that a test can cut the line at a chosen moment, and count what goes
// over it.
type Proxy struct {
	URL string // the database, by way of the proxy

	target   string
	listener net.Listener
	running  sync.WaitGroup

	statements, roundTrips atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
	down  bool
	cut   []byte
	drop  []byte
}

// NewProxy makes a proxy before a database.
func NewProxy(tb testing.TB, database string) *Proxy {
	tb.Helper()
	u, err := url.Parse(database)
	require.NoError(tb, err)
	p := &Proxy{target: u.Host, conns: map[net.Conn]bool{}}
	p.listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	u.Host = p.listener.Addr().String()
	p.URL = u.String()
	p.running.Go(p.accept)
	tb.Cleanup(func() {
		_ = p.listener.Close()
		p.Down()
		p.running.Wait()
	})
	return p
}

// Down cuts every connection, and every new one at once.
func (p *Proxy) Down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for conn := range p.conns {
		_ = conn.Close()
	}
}

// Up lets connections through again.
func (p *Proxy) Up() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}

// CutAfter passes the next message that holds the text on to the database, and then cuts its connection once the
// database has answered, without passing the answer on.
func (p *Proxy) CutAfter(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = []byte(text)
}

// DownBefore cuts every connection in the place of the next message that holds the text, which the database never gets.
func (p *Proxy) DownBefore(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop = []byte(text)
}

// dropped reports whether this message is the one that the database does not get, and takes the line down if it is.
func (p *Proxy) dropped(message []byte) bool {
	p.mu.Lock()
	is := p.drop != nil && bytes.Contains(message, p.drop)
	if is {
		p.drop = nil
	}
	p.mu.Unlock()
	if is {
		p.Down()
	}
	return is
}

// Lost reports whether the message of DownBefore has been dropped.
func (p *Proxy) Lost() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drop == nil
}

// takeCut reports whether this message is the one after which to cut.
func (p *Proxy) takeCut(message []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil || !bytes.Contains(message, p.cut) {
		return false
	}
	p.cut = nil
	return true
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		database, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.target)
		if err != nil || !p.track(client, database) {
			_ = client.Close()
			continue
		}
		cutting := make(chan struct{})
		p.running.Go(func() { p.forward(client, database, cutting) })
		p.running.Go(func() { p.answer(client, database, cutting) })
	}
}

// track keeps both ends, unless the line is down.
func (p *Proxy) track(client, database net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		_ = database.Close()
		return false
	}
	p.conns[client], p.conns[database] = true, true
	return true
}

func (p *Proxy) forward(client, database net.Conn, cutting chan struct{}) {
	defer func() { _ = database.Close() }()
	count := counter{statements: &p.statements, roundTrips: &p.roundTrips}
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		count.read(buffer[:n])
		if p.dropped(buffer[:n]) {
			return
		}
		if p.takeCut(buffer[:n]) {
			close(cutting)
		}
		if _, err := database.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) answer(client, database net.Conn, cutting chan struct{}) {
	defer func() { _ = client.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := database.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-cutting:
			return // the answer that is not passed on
		default:
		}
		if _, err := io.Copy(client, bytes.NewReader(buffer[:n])); err != nil {
			return
		}
	}
}
