package agentexchange

import (
	"bytes"
	"encoding/json"
)

// Nullable is a field of a request that is not sent (its zero value), is null ([Null]), or has a value ([Value]).
type Nullable[T any] struct {
	value   T
	present bool
	null    bool
}

// Value returns a field with a value.
func Value[T any](value T) Nullable[T] { return Nullable[T]{value: value, present: true} }

// Null returns a field that is null. In an update it clears the previous value.
func Null[T any]() Nullable[T] { return Nullable[T]{present: true, null: true} }

// Get returns the value, and whether there is one.
func (n Nullable[T]) Get() (T, bool) { return n.value, n.present && !n.null }

// IsNull reports whether the field is null. It is false if the field is not sent.
func (n Nullable[T]) IsNull() bool { return n.null }

// IsZero reports whether the field is not sent.
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
