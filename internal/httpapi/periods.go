package httpapi

import (
	"fmt"
	"strconv"
	"time"
)

// wholeSession is the period that has no beginning of its own.
const wholeSession = "all"

// parseLength reads how long a period or an interval lasts: a number of minutes, hours or days, such as 5m, 1h or 30d.
func parseLength(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	if len(text) < 2 {
		return 0, fmt.Errorf("%q is no length of time", text)
	}
	unit, known := units[text[len(text)-1]]
	count, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
	if !known || err != nil || count == 0 {
		return 0, fmt.Errorf("%q is no length of time", text)
	}
	return time.Duration(count) * unit, nil
}

// lengthOf is parseLength of a value of the spec, which was read when the server started.
func lengthOf(text string) time.Duration {
	length, err := parseLength(text)
	if err != nil {
		panic(err)
	}
	return length
}

// since returns when a period that ends now began; for the whole session, the first moment of all.
func (s *Server) since(period string) time.Time {
	if period == wholeSession {
		return time.Unix(0, 0).UTC()
	}
	return s.now().Add(-lengthOf(period))
}
