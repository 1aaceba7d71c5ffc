package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyKnownWarningsPass(t *testing.T) {
	t.Parallel()
	const harmless = "[main] WARN  o.o.c.languages.AbstractRustCodegen - 1d cannot be used as a enum variant name. Renamed to Variant1d"
	const serious = "[main] WARN  o.o.codegen.DefaultCodegen - Unknown format of schema Amount"
	require.Equal(t, []string{serious}, unexpected("[main] INFO  o.o.codegen.TemplateManager - writing file\n"+harmless+"\n"+serious+"\n"))
}
