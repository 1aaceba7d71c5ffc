package agentexchange

import (
	"net/http"
	"testing"
	"time"
)

func TestThePauseIsTheLongerOfRetryAfterAndBackoff(t *testing.T) {
	t.Parallel()
	pause := func(asked time.Duration, retry int) time.Duration {
		answer, again := pauseAfter(&APIError{Status: http.StatusServiceUnavailable, retryAfter: asked}, retry)
		if !again {
			t.Fatal("503 may pass")
		}
		return answer
	}
	if got := pause(time.Hour, 0); got != longestObedient {
		t.Errorf("waits %v for a server that asks for an hour", got)
	}
	if got := pause(time.Second, 0); got != time.Second {
		t.Errorf("waits %v at first for a server that asks for a second", got)
	}
	var longest time.Duration
	for range 1000 {
		longest = max(longest, pause(time.Millisecond, 9))
	}
	if longest < time.Second || longest > longestPause {
		t.Errorf("waits up to %v in the end, though the server asks for a millisecond only", longest)
	}
}
