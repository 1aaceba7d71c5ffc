package binance

import (
	"context"
	"sync"
	"time"
)

// cacheSize is how many answers are kept: at most a third of a megabyte each.
const cacheSize = 64

// cache remembers answers for a moment, failures too, so that any number of clients who want the same make Binance one
// request.
type cache[T any] struct {
	clock func() time.Time
	keep  time.Duration

	mu      sync.Mutex
	entries map[string]*entry[T]
}

// entry is an answer, or one that is being waited for.
type entry[T any] struct {
	done  chan struct{} // closed when the rest is set
	value T
	err   error
	until time.Time // when it is forgotten; zero while it is waited for
}

func newCache[T any](clock func() time.Time, keep time.Duration) *cache[T] {
	return &cache[T]{clock: clock, keep: keep, entries: map[string]*entry[T]{}}
}

// get returns the answer called key, which the first to want it loads while all others wait. The value is shared: it
// must not be changed.
func (c *cache[T]) get(ctx context.Context, key string, load func(context.Context) (T, error)) (T, error) {
	for {
		e, first := c.claim(key)
		if first {
			return c.load(ctx, key, e, load)
		}
		select {
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		case <-e.done:
		}
		if !c.gaveUp(e) {
			return e.value, e.err
		}
		// Whoever loaded it did not wait for it; that is not our failure.
	}
}

// load loads an entry and publishes it, also when load panics: others wait.
func (c *cache[T]) load(ctx context.Context, key string, e *entry[T], load func(context.Context) (T, error)) (T, error) {
	e.err = ErrUpstream
	defer func() { c.settle(key, e, ctx.Err() == nil) }()
	e.value, e.err = load(ctx)
	return e.value, e.err
}

// claim returns the entry of a key and whether it is the caller's to load.
func (c *cache[T]) claim(key string) (_ *entry[T], first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	if e := c.entries[key]; e != nil && (e.until.IsZero() || now.Before(e.until)) {
		return e, false
	}
	if len(c.entries) >= cacheSize {
		c.makeRoom(now)
	}
	e := &entry[T]{done: make(chan struct{})}
	c.entries[key] = e
	return e, true
}

// settle publishes an answer. One whose loader gave up is forgotten at once.
func (c *cache[T]) settle(key string, e *entry[T], keep bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.until = c.clock()
	if keep {
		e.until = e.until.Add(c.keep)
	} else {
		delete(c.entries, key)
		e.until = time.Time{}
	}
	close(e.done)
}

// gaveUp reports whether the loader of a settled entry left without an answer.
func (c *cache[T]) gaveUp(e *entry[T]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return e.until.IsZero()
}

// makeRoom forgets what is old, else any one answer.
func (c *cache[T]) makeRoom(now time.Time) {
	victim := ""
	for key, e := range c.entries {
		switch {
		case e.until.IsZero():
		case !now.Before(e.until):
			delete(c.entries, key)
		default:
			victim = key
		}
	}
	if len(c.entries) >= cacheSize {
		delete(c.entries, victim)
	}
}
