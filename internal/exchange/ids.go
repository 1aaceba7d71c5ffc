package exchange

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"

	"github.com/google/uuid"
)

// IDs makes UUIDs of version 7 from a clock that is given, so that ids sort by the time of what they name, and one made
// later by the same process sorts later also within a millisecond. The lowest bit is always 0.
type IDs struct {
	mu       sync.Mutex
	last     int64  // milliseconds
	sequence uint32 // within last
}

const sequenceBits = 26

// Next makes an id for something that happens at a time.
func (i *IDs) Next(at time.Time) uuid.UUID {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now := at.UnixMilli(); now > i.last {
		i.last, i.sequence = now, 0
	} else if i.sequence++; i.sequence == 1<<sequenceBits {
		i.last, i.sequence = i.last+1, 0
	}
	var id uuid.UUID
	_, _ = rand.Read(id[8:]) // it never fails
	binary.BigEndian.PutUint64(id[:8], uint64(i.last)<<16|7<<12|uint64(i.sequence>>14))
	low := binary.BigEndian.Uint64(id[8:])
	low = low>>16&^1 | uint64(i.sequence&(1<<14-1))<<48 | 1<<63
	binary.BigEndian.PutUint64(id[8:], low)
	return id
}

// firstID is the least id of a millisecond: ids of what happened earlier are below it.
func firstID(at time.Time) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(max(at.UnixMilli(), 0))<<16)
	return id
}
