// Package contract_test holds the server to openapi.yaml, and openapi.yaml to what was promised: by programs that were
// not written for either.
package contract_test

import (
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
