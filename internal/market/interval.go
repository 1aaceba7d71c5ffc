package market

import (
	"errors"
	"time"
)

// ErrUnknownInterval means that a candle cannot have this length.
var ErrUnknownInterval = errors.New("there are no candles of this interval")

// Interval is the length of a candle, spelt as in the API. Each divides the next longer one, and all divide the day,
// which begins at 00:00 UTC.
type Interval string

// The intervals.
const (
	Minute         Interval = "1m"
	FiveMinutes    Interval = "5m"
	FifteenMinutes Interval = "15m"
	Hour           Interval = "1h"
	FourHours      Interval = "4h"
	Day            Interval = "1d"
)

// Duration returns the length of a candle, or 0 if there is no such interval.
func (i Interval) Duration() time.Duration {
	switch i {
	case Minute:
		return time.Minute
	case FiveMinutes:
		return 5 * time.Minute
	case FifteenMinutes:
		return 15 * time.Minute
	case Hour:
		return time.Hour
	case FourHours:
		return 4 * time.Hour
	case Day:
		return 24 * time.Hour
	default:
		return 0
	}
}
