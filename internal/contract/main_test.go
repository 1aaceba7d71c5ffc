// Package contract_test checks the server against openapi.yaml, and openapi.yaml against its last release, with
// independent tools.
package contract_test

import (
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
