package httpapi_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.Main(m, everyCodeWasSeen)
}

// everyCodeWasSeen fails a whole run in which some declared error was never answered.
func everyCodeWasSeen() error {
	if flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.fuzz").Value.String() != "" {
		return nil
	}
	seen := testkit.SeenCodes()
	for _, code := range testkit.Spec().Components.Schemas["ErrorCode"].Value.Enum {
		if !seen[code.(string)] {
			return fmt.Errorf("no test reaches %s", code)
		}
	}
	return nil
}
