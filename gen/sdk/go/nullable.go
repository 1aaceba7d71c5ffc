package agentexchange

import (
	"bytes"
	"encoding/json"
)

// Nullable is a field of a request that may be left out (its zero value), be null ([Null]), or have a value ([Value]).
type Nullable[T any] struct {
	value   T
	present bool
	null    bool
}

// Value is a field that has a value.
func Value[T any](value T) Nullable[T] { return Nullable[T]{value: value, present: true} }

// Null is a field that is null. In an update it clears what was there.
func Null[T any]() Nullable[T] { return Nullable[T]{present: true, null: true} }

// Get answers the value, and whether there is one.
func (n Nullable[T]) Get() (T, bool) { return n.value, n.present && !n.null }

// IsNull reports whether the field is null, and not merely left out.
func (n Nullable[T]) IsNull() bool { return n.null }

// IsZero reports whether the field is left out.
func (n Nullable[T]) IsZero() bool { return !n.present }

// MarshalJSON implements [json.Marshaler].
func (n Nullable[T]) MarshalJSON() ([]byte, error) {
	if _, ok := n.Get(); !ok {
		return []byte("null"), nil
	}
	return json.Marshal(n.value)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (n *Nullable[T]) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		*n = Null[T]()
		return nil
	}
	*n = Nullable[T]{present: true}
	return json.Unmarshal(text, &n.value)
}
