package spec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzDecodeBody(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `[1,2]`, `{"a":{"b":[null,true,"x"]}}`, `{"a":1}{`, `{"a":1,"a":2}`, "\xff", `"\ud800"`, `1e999`, strings.Repeat("[", 100)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := decodeBody(body)
		if err != nil {
			return
		}
		// What was decoded is what the handler gets, so it must survive being encoded again.
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		again, err := decodeBody(encoded)
		require.NoError(t, err)
		require.Equal(t, value, again)
	})
}
