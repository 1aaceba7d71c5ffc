package binance

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"
)

// Options are Binance's addresses, timeouts and limits. A zero value means the default.
type Options struct {
	// RESTURL is the address of the REST API; default https://api.binance.com. Where that is blocked,
	// https://data-api.binance.vision has the same market data.
	RESTURL string
	// StreamURL is the address of the streams; default wss://stream.binance.com:9443. Where that is blocked, use
	// wss://data-stream.binance.vision.
	StreamURL string

	Timeout    time.Duration // for a request or for connecting; default 10 s
	Silence    time.Duration // time without prices after which a connection is closed; default 10 s
	MinBackoff time.Duration // approximate pause after a first failure; default 2 s, as 300 connections in 5 minutes lead to a ban
	MaxBackoff time.Duration // approximate pause after many failures; default 1 minute
	Refresh    time.Duration // how often pairs and trade counts are fetched; default 1 hour
	CacheFor   time.Duration // how long candles, trades and order books are cached; default 1 s

	MaxFrame  int64 // bytes of a frame; default 4 MiB
	MaxBody   int64 // bytes of a response; default 32 MiB
	MaxWeight int   // request weight per minute after which the feed pauses; default 4800 of the 6000 that Binance allows
}

func (o Options) withDefaults() Options {
	o.RESTURL = cmp.Or(o.RESTURL, "https://api.binance.com")
	o.StreamURL = cmp.Or(o.StreamURL, "wss://stream.binance.com:9443")
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.Silence = cmp.Or(o.Silence, 10*time.Second)
	o.MinBackoff = cmp.Or(o.MinBackoff, 2*time.Second)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, time.Minute)
	o.Refresh = cmp.Or(o.Refresh, time.Hour)
	o.CacheFor = cmp.Or(o.CacheFor, time.Second)
	o.MaxFrame = cmp.Or(o.MaxFrame, 4<<20)
	o.MaxBody = cmp.Or(o.MaxBody, 32<<20)
	o.MaxWeight = cmp.Or(o.MaxWeight, 4800)
	return o
}

func (o Options) validate() error {
	if err := checkURL(o.RESTURL, "http", "https"); err != nil {
		return fmt.Errorf("binance: the URL of the REST API: %w", err)
	}
	if err := checkURL(o.StreamURL, "ws", "wss"); err != nil {
		return fmt.Errorf("binance: the URL of the streams: %w", err)
	}
	return nil
}

func checkURL(text string, schemes ...string) error {
	parsed, err := url.Parse(text)
	if err != nil {
		return err
	}
	if !slices.Contains(schemes, parsed.Scheme) || parsed.Host == "" {
		return fmt.Errorf("%q is not a %s:// or %s:// address", text, schemes[0], schemes[1])
	}
	return nil
}

// backoff returns pauses that double, each shortened by a random amount of up to a half, so that many clients which
// lost one server do not return at once.
type backoff struct {
	least, most, pause time.Duration
}

func (f *Feed) newBackoff() *backoff {
	return &backoff{least: f.opts.MinBackoff, most: max(f.opts.MinBackoff, f.opts.MaxBackoff), pause: f.opts.MinBackoff}
}

func (b *backoff) reset() { b.pause = b.least }

func (b *backoff) next() time.Duration {
	pause := b.pause
	b.pause = min(2*b.pause, b.most)
	return pause - rand.N(pause/2+1) //nolint:gosec // guessing it gains nothing
}

// sleep waits, and reports whether it waited for the whole pause.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
