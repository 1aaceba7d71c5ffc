package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// registerBinary registers codecs that read and write the types of order columns in PostgreSQL's binary format, alone
// and in arrays. pgx's own codecs know uuid.UUID only by database/sql's interfaces (they write each as text, try that,
// fail, parse the text and try again: a fifth of the CPU of placing an order), decimals as big integers, and slices by
// reflection with an allocation per element (half of what an order allocated). The library for ids,
// vgarvardt/pgx-google-uuid, covers neither pointers nor scanning.
func registerBinary(m *pgtype.Map) {
	register(m, "text", pgtype.TextOID, pgtype.TextArrayOID, pgtype.TextCodec{}, wire[string]{
		append: func(buf []byte, text *string) []byte { return append(buf, *text...) },
		scan: func(src []byte, text *string) error {
			*text = string(src)
			return nil
		},
	})
	// By default pgx returns times in this machine's zone.
	inUTC := &pgtype.TimestamptzCodec{ScanLocation: time.UTC}
	register(m, "timestamptz", pgtype.TimestamptzOID, pgtype.TimestamptzArrayOID, inUTC, wire[time.Time]{
		append: func(buf []byte, at *time.Time) []byte {
			return binary.BigEndian.AppendUint64(buf, uint64(at.UnixMicro()-epoch))
		},
		scan: func(src []byte, at *time.Time) error {
			if len(src) != 8 {
				return fmt.Errorf("a time of %d bytes cannot be read", len(src))
			}
			since := int64(binary.BigEndian.Uint64(src))
			if since == math.MaxInt64 || since == math.MinInt64 {
				return errors.New("an infinite time cannot be read")
			}
			*at = time.UnixMicro(epoch + since).UTC()
			return nil
		},
	})
	register(m, "uuid", pgtype.UUIDOID, pgtype.UUIDArrayOID, pgtype.UUIDCodec{}, wire[uuid.UUID]{
		append: func(buf []byte, id *uuid.UUID) []byte { return append(buf, id[:]...) },
		scan: func(src []byte, id *uuid.UUID) error {
			if len(src) != len(id) {
				return fmt.Errorf("a uuid of %d bytes cannot be read", len(src))
			}
			copy(id[:], src)
			return nil
		},
	})
	register(m, "numeric", pgtype.NumericOID, pgtype.NumericArrayOID, pgtype.NumericCodec{}, wire[decimal.Decimal]{
		append: func(buf []byte, d *decimal.Decimal) []byte { return d.AppendNumeric(buf) },
		scan:   func(src []byte, d *decimal.Decimal) error { return d.UnmarshalNumeric(src) },
	})
}

// epoch is PostgreSQL's epoch, the start of 2000, in microseconds of Unix time.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// wire writes and reads a type in PostgreSQL's binary format.
type wire[T any] struct {
	append func(buf []byte, value *T) []byte
	scan   func(src []byte, target *T) error
}

func register[T any](m *pgtype.Map, name string, oid, arrayOID uint32, others pgtype.Codec, wire wire[T]) {
	element := &pgtype.Type{Name: name, OID: oid, Codec: codec[T]{others, wire}}
	array := arrayCodec[T]{&pgtype.ArrayCodec{ElementType: element}, oid, wire}
	m.RegisterType(element)
	m.RegisterType(&pgtype.Type{Name: "_" + name, OID: arrayOID, Codec: array})
}

// codec handles T and *T itself and leaves other types to pgx.
type codec[T any] struct {
	pgtype.Codec
	wire wire[T]
}

func (c codec[T]) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	switch value.(type) {
	case T, *T:
		if format == pgtype.BinaryFormatCode {
			return encodeOne[T](c)
		}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

func (c codec[T]) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*T); ok && format == pgtype.BinaryFormatCode {
		return scanOne[T](c)
	}
	return c.Codec.PlanScan(m, oid, format, target)
}

type encodeOne[T any] codec[T]

func (e encodeOne[T]) Encode(value any, buf []byte) ([]byte, error) {
	switch value := value.(type) {
	case T:
		return e.wire.append(buf, &value), nil
	case *T:
		if value != nil {
			return e.wire.append(buf, value), nil
		}
	}
	return nil, nil // null
}

type scanOne[T any] codec[T]

func (s scanOne[T]) Scan(src []byte, target any) error {
	if src == nil {
		return fmt.Errorf("null cannot be read into %T", target)
	}
	return s.wire.scan(src, target.(*T))
}

// arrayCodec encodes []T and []*T itself and leaves other types to pgx.
type arrayCodec[T any] struct {
	*pgtype.ArrayCodec
	elementOID uint32
	wire       wire[T]
}

func (c arrayCodec[T]) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	switch value.(type) {
	case []T, []*T:
		if format == pgtype.BinaryFormatCode {
			return encodeMany[T](c)
		}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type encodeMany[T any] arrayCodec[T]

func (e encodeMany[T]) Encode(value any, buf []byte) ([]byte, error) {
	switch values := value.(type) {
	case []T:
		if values == nil {
			return nil, nil
		}
		buf = e.header(buf, len(values))
		for n := range values {
			buf = e.element(buf, &values[n])
		}
	case []*T:
		if values == nil {
			return nil, nil
		}
		buf = e.header(buf, len(values))
		for _, value := range values {
			buf = e.element(buf, value)
		}
	}
	return buf, nil
}

// header appends the header of a one-dimensional array that may contain nulls and whose lower bound is 1.
func (e encodeMany[T]) header(buf []byte, length int) []byte {
	dimensions := uint32(1)
	if length == 0 {
		dimensions = 0
	}
	buf = binary.BigEndian.AppendUint32(buf, dimensions)
	buf = binary.BigEndian.AppendUint32(buf, 1)
	buf = binary.BigEndian.AppendUint32(buf, e.elementOID)
	if length == 0 {
		return buf
	}
	buf = binary.BigEndian.AppendUint32(buf, uint32(length))
	return binary.BigEndian.AppendUint32(buf, 1)
}

const null = 1<<32 - 1 // as a length: -1

func (e encodeMany[T]) element(buf []byte, value *T) []byte {
	if value == nil {
		return binary.BigEndian.AppendUint32(buf, null)
	}
	start := len(buf)
	buf = e.wire.append(append(buf, 0, 0, 0, 0), value)
	binary.BigEndian.PutUint32(buf[start:], uint32(len(buf)-start-4))
	return buf
}
