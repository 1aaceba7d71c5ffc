package book

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// IDs makes UUIDs of version 7 from a clock that is given, so that ids sort by the time of what they name. Two rows of one
// agent sort in the order in which they were written, also within a millisecond, and whatever the clocks of two servers
// say. The lowest bit is always 0.
type IDs struct {
	mu   sync.Mutex
	last instant
}

// instant is a millisecond and a number within it.
type instant struct {
	millisecond int64
	sequence    uint32
}

const sequenceBits = 26

func (i instant) next() instant {
	if i.sequence++; i.sequence == 1<<sequenceBits {
		return instant{millisecond: i.millisecond + 1}
	}
	return i
}

func (i instant) compare(other instant) int {
	return cmp.Or(cmp.Compare(i.millisecond, other.millisecond), cmp.Compare(i.sequence, other.sequence))
}

// instantOf reads the time back that Next has put into an id.
func instantOf(id uuid.UUID) instant {
	high, low := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	return instant{millisecond: int64(high >> 16), sequence: uint32(high&0xfff)<<14 | uint32(low>>48)&(1<<14-1)}
}

// Next makes an id for something that happens at a time, later than the id after: the last one of the same agent, read
// under its lock, or the nil id.
func (i *IDs) Next(at time.Time, after uuid.UUID) uuid.UUID {
	now := i.tick(at.UnixMilli())
	if earlier := instantOf(after); now.compare(earlier) <= 0 {
		now = earlier.next() // another server's clock is ahead of ours
	}
	var id uuid.UUID
	_, _ = rand.Read(id[8:]) // it never fails
	binary.BigEndian.PutUint64(id[:8], uint64(now.millisecond)<<16|7<<12|uint64(now.sequence>>14))
	low := binary.BigEndian.Uint64(id[8:])
	low = low>>16&^1 | uint64(now.sequence&(1<<14-1))<<48 | 1<<63
	binary.BigEndian.PutUint64(id[8:], low)
	return id
}

// tick returns an instant later than any that it has returned.
func (i *IDs) tick(millisecond int64) instant {
	i.mu.Lock()
	defer i.mu.Unlock()
	if millisecond > i.last.millisecond {
		i.last = instant{millisecond: millisecond}
	} else {
		i.last = i.last.next()
	}
	return i.last
}

// FirstID returns the least id of a millisecond: ids of what happened earlier are below it.
func FirstID(at time.Time) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(max(at.UnixMilli(), 0))<<16)
	return id
}

// CompareIDs compares ids in the order in which PostgreSQL sorts them.
func CompareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }
