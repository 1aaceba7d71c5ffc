package testkit

import (
	"encoding/binary"
	"sync/atomic"
)

// Traffic counts what servers asked of a database.
type Traffic struct {
	Statements int64 // executed
	RoundTrips int64 // waits for an answer
}

// Sub returns what came after an earlier count.
func (t Traffic) Sub(earlier Traffic) Traffic {
	return Traffic{t.Statements - earlier.Statements, t.RoundTrips - earlier.RoundTrips}
}

// Traffic returns what went through the proxy so far.
func (p *Proxy) Traffic() Traffic {
	return Traffic{Statements: p.statements.Load(), RoundTrips: p.roundTrips.Load()}
}

// counter reads the messages of one connection's client, as PostgreSQL's protocol frames them. After each that asks for
// an answer, Sync or Query, a client waits; an Execute before it, or the Query itself, is a statement.
type counter struct {
	statements, roundTrips *atomic.Int64

	started bool   // the first messages have no type
	header  []byte // of the message that is being read
	body    int    // bytes of it that are still to come
}

func (c *counter) read(bytes []byte) {
	for len(bytes) > 0 {
		if c.body > 0 {
			skipped := min(c.body, len(bytes))
			c.body, bytes = c.body-skipped, bytes[skipped:]
			continue
		}
		size := 5 // a type and a length
		if !c.started {
			size = 8 // a length and a code
		}
		taken := min(size-len(c.header), len(bytes))
		c.header, bytes = append(c.header, bytes[:taken]...), bytes[taken:]
		if len(c.header) == size {
			c.message()
			c.header = c.header[:0]
		}
	}
}

func (c *counter) message() {
	if !c.started {
		const protocol3 = 3 << 16 // anything else asks for encryption, and another such message follows
		c.started = binary.BigEndian.Uint32(c.header[4:])>>16<<16 == protocol3
		c.body = int(binary.BigEndian.Uint32(c.header)) - 8
		return
	}
	c.body = int(binary.BigEndian.Uint32(c.header[1:])) - 4
	switch c.header[0] {
	case 'Q':
		c.statements.Add(1)
		c.roundTrips.Add(1)
	case 'E':
		c.statements.Add(1)
	case 'S':
		c.roundTrips.Add(1)
	}
}
