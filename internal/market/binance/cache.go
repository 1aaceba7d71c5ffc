package binance

import (
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// cacheSize is how many answers are kept: at most a third of a megabyte each.
const cacheSize = 64

// cache keeps answers for a moment, failures included, so that any number of clients with the same question cost
// Binance one request. It goes by the feed's clock, which is why it is not an expirable LRU of the library.
type cache[T any] struct {
	clock   func() time.Time
	keep    time.Duration
	answers *lru.Cache[string, answer[T]]
	loads   singleflight.Group
}

type answer[T any] struct {
	value T
	err   error
	until time.Time // when it expires
}

func newCache[T any](clock func() time.Time, keep time.Duration) *cache[T] {
	answers, err := lru.New[string, answer[T]](cacheSize)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &cache[T]{clock: clock, keep: keep, answers: answers}
}

// get returns the answer for key. The first caller that wants it loads it while all others wait. The value is shared
// and must not be changed.
func (c *cache[T]) get(ctx context.Context, key string, load func(context.Context) (T, error)) (T, error) {
	var none T
	for {
		if known, ok := c.known(key); ok {
			return known.value, known.err
		}
		loading := c.loads.DoChan(key, func() (any, error) { return c.load(ctx, key, load) })
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case loaded := <-loading:
			if loaded.Err == nil {
				return loaded.Val.(answer[T]).value, loaded.Val.(answer[T]).err
			}
			if ctx.Err() != nil {
				return none, ctx.Err()
			}
			// The caller that loaded it has gone. Try again.
		}
	}
}

func (c *cache[T]) known(key string) (answer[T], bool) {
	known, ok := c.answers.Get(key)
	return known, ok && c.clock().Before(known.until)
}

// load loads and keeps an answer. It fails only if ctx ends.
func (c *cache[T]) load(ctx context.Context, key string, load func(context.Context) (T, error)) (loaded answer[T], err error) {
	if known, ok := c.known(key); ok { // another load ended since the caller looked
		return known, nil
	}
	defer func() {
		if p := recover(); p != nil { // nothing else recovers in this goroutine
			loaded.err = fmt.Errorf("%w: panic: %v", ErrUpstream, p)
		}
	}()
	loaded.value, loaded.err = load(ctx)
	if ctx.Err() != nil {
		return loaded, ctx.Err()
	}
	loaded.until = c.clock().Add(c.keep)
	c.answers.Add(key, loaded)
	return loaded, nil
}
