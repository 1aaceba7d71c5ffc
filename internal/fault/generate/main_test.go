package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const small = `
openapi: 3.0.3
info: {title: A, version: '1'}
paths: {}
components:
  schemas:
    ErrorCode:
      type: string
      enum: [API_KEY_ODD, BUSY]
      x-codes:
        API_KEY_ODD: {status: 401, message: 'It is "odd".'}
        BUSY: {status: 503, message: Wait., retry_after_seconds: 2}
`

func TestEveryCodeIsWritten(t *testing.T) {
	t.Parallel()
	codes, err := read([]byte(small))
	require.NoError(t, err)
	source, err := render(codes)
	require.NoError(t, err)
	for _, line := range []string{
		"\tAPIKeyOdd Code = \"API_KEY_ODD\"\n", "\tBusy      Code = \"BUSY\"\n",
		"\tAPIKeyOdd: {\n\t\tstatus:  401,\n\t\tmessage: \"It is \\\"odd\\\".\",\n\t},\n",
		"\tBusy: {\n\t\tstatus:     503,\n\t\tmessage:    \"Wait.\",\n\t\tretryAfter: 2 * time.Second,\n\t},\n",
	} {
		require.Contains(t, string(source), line)
	}
}

func TestTheWrittenFileIsThatOfTheDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../" + document)
	require.NoError(t, err)
	codes, err := read(text)
	require.NoError(t, err)
	source, err := render(codes)
	require.NoError(t, err)
	written, err := os.ReadFile("../../../" + out)
	require.NoError(t, err)
	require.Equal(t, string(source), string(written), "run make generate")
}

func TestCodesThatAreNotFullyDescribedAreNamed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string][2]string{
		"does not describe BUSY": {"        BUSY: {", "        BUSI: {"},
		"describes BUSY, which":  {", BUSY]", "]"},
		"200 is no status":       {"503", "200"},
		"BUSY: it needs a":       {"Wait.", "''"},
		"must not be negative":   {"retry_after_seconds: 2", "retry_after_seconds: -2"},
		"unknown field":          {"retry_after_seconds", "retry_after"},
		"no schema ErrorCode":    {"ErrorCode:", "Code:"},
	} {
		require.Contains(t, small, change[0])
		_, err := read([]byte(strings.Replace(small, change[0], change[1], 1)))
		require.ErrorContains(t, err, want)
	}
}
