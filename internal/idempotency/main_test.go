package idempotency_test

import (
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
