package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/valyala/fasthttp"
)

// Result is what a round came to.
type Result struct {
	PerSecond float64
	Latencies
}

// Latencies are from a request to the end of its answer.
type Latencies struct{ P50, P99 time.Duration }

// Source returns what a connection asks for next.
type Source func() Request

// patience is how long a connection may take for everything that is asked of it in one round.
const patience = 10 * time.Minute

// ErrDone is for a Request's Then to end a closed loop before its time.
var ErrDone = errors.New("there is nothing left to ask for")

// Closed sends requests over a number of connections at once for a while. It fails at the first wrong answer.
//
// The client shares the cores with what it measures, and so does little: one goroutine a connection writes a request and
// lets fasthttp read the answer. That this loses or invents nothing, ByVegeta is there to show.
func Closed(ctx context.Context, address string, connections int, duration time.Duration, source func(n int) Source) (_ Result, err error) {
	clients := make([]*client, connections)
	for n := range clients {
		if clients[n], err = connect(ctx, address); err != nil {
			return Result{}, err
		}
		defer clients[n].conn.Close()
	}
	var running sync.WaitGroup
	times, errs := make([][]time.Duration, connections), make([]error, connections)
	start := time.Now()
	for n, c := range clients {
		next := source(n)
		running.Go(func() { times[n], errs[n] = c.loop(ctx, next, start.Add(duration)) })
	}
	running.Wait()
	return summary(times, connections, time.Since(start)), errors.Join(errs...)
}

// summary corrects for coordinated omission: a connection is expected to send as often as the mean says, and where an
// answer took longer, the requests that were not sent meanwhile are added with the time that they would have waited.
func summary(times [][]time.Duration, connections int, elapsed time.Duration) Result {
	total := 0
	for _, some := range times {
		total += len(some)
	}
	if total == 0 {
		return Result{}
	}
	interval := int64(elapsed) * int64(connections) / int64(total)
	corrected := newHistogram()
	for _, some := range times {
		for _, one := range some {
			record(corrected, one, interval)
		}
	}
	return Result{
		PerSecond: float64(total) / elapsed.Seconds(), Latencies: Latencies{P50: quantile(corrected, 50), P99: quantile(corrected, 99)},
	}
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1_000, int64(patience), 3) // nanoseconds
}

func record(into *hdrhistogram.Histogram, value time.Duration, interval int64) {
	_ = into.RecordCorrectedValue(int64(value), interval) // only for values longer than anything here may take
}

func quantile(of *hdrhistogram.Histogram, q float64) time.Duration {
	return time.Duration(of.ValueAtQuantile(q))
}

// Do makes one request on a connection of its own, and hands its answer to Then.
func Do(ctx context.Context, address string, request Request) error {
	c, err := connect(ctx, address)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	return c.do(&request)
}

// ErrUnavailable is that the server gave up or refused, for want of time or room.
var ErrUnavailable = errors.New("unavailable")

type client struct {
	conn     net.Conn
	reader   *bufio.Reader
	wire     []byte
	response fasthttp.Response
}

func connect(ctx context.Context, address string) (*client, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, reader: bufio.NewReader(conn)}, conn.SetDeadline(time.Now().Add(patience))
}

func (c *client) loop(ctx context.Context, next Source, end time.Time) ([]time.Duration, error) {
	var times []time.Duration
	for begun := time.Now(); begun.Before(end); {
		request := next()
		switch err := c.do(&request); {
		case errors.Is(err, ErrDone):
			return times, nil
		case err != nil:
			return times, err
		case ctx.Err() != nil:
			return times, context.Cause(ctx)
		}
		now := time.Now()
		times = append(times, now.Sub(begun))
		begun = now
	}
	return times, nil
}

func (c *client) do(request *Request) error {
	c.wire = request.appendTo(c.wire[:0])
	if _, err := c.conn.Write(c.wire); err != nil {
		return fmt.Errorf("%s %s was not sent: %w", request.Method, request.Path, err)
	}
	if err := c.response.Read(c.reader); err != nil {
		return fmt.Errorf("%s %s was not answered: %w", request.Method, request.Path, err)
	}
	if status := c.response.StatusCode(); status != request.Want {
		err := fmt.Errorf("%s %s %s was answered %d: %s", request.Method, request.Path, request.Body, status, c.response.Body())
		if status == fasthttp.StatusServiceUnavailable {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	if request.Then == nil {
		return nil
	}
	return request.Then(c.response.Body())
}

// Sequence makes a number of requests, one after the other, and returns how long each took. Where they take longer than a
// limit, it makes fewer, but always an even number: requests may come in pairs.
func Sequence(ctx context.Context, address string, number int, limit time.Duration, next Source) ([]time.Duration, error) {
	c, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	var times []time.Duration
	for start := time.Now(); len(times) < number && (len(times)%2 == 1 || len(times) == 0 || time.Since(start) < limit); {
		request := next()
		begun := time.Now()
		if err := c.do(&request); err != nil {
			return nil, err
		}
		times = append(times, time.Since(begun))
	}
	return times, context.Cause(ctx)
}
