package httpapi

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// enums are the choices that a request can make, by the name of the field or parameter, or of an operation and its
// parameter: each reports whether a value is handled. They are strings wherever they go, so the compiler does not tell of
// a new one.
var enums = map[string]func(value string) bool{
	"side":                 isOneOf(book.Sides[:]),
	"type":                 isOneOf(book.Types[:]),
	"time_in_force":        isOneOf(book.TimesInForce[:]),
	"status":               isOneOf(book.Statuses[:]),
	"period":               func(value string) bool { return value == wholeSession || isLength(value) },
	"interval":             isLength,
	"listCandles interval": func(value string) bool { return market.Interval(value).Duration() > 0 },
}

func isOneOf[Value ~string](values []Value) func(string) bool {
	return func(value string) bool { return slices.Contains(values, Value(value)) }
}

func isLength(value string) bool {
	_, err := parseLength(value)
	return err == nil
}

// checkEnums fails with the choice of a request that the server does not handle.
func checkEnums(doc *spec.Document) error {
	for _, op := range doc.Operations {
		for _, param := range op.Parameters {
			if err := checkEnum(op, param.Name, param.Schema.Value); err != nil {
				return err
			}
		}
		if op.Body == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(op.Body.Schema.Value.Properties)) {
			if err := checkEnum(op, name, op.Body.Schema.Value.Properties[name].Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkEnum(op *spec.Operation, name string, schema *openapi3.Schema) error {
	handled := enums[op.ID+" "+name]
	if handled == nil {
		handled = enums[name]
	}
	for _, value := range schema.Enum {
		if text, ok := value.(string); ok && (handled == nil || !handled(text)) {
			return fmt.Errorf("openapi.yaml: %s: the server does not handle %v as %s", op, value, name)
		}
	}
	return nil
}

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
