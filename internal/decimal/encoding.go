package decimal

import (
	"encoding"
	"encoding/json"
	"errors"
)

// The methods that write have value receivers. With pointer receivers, a Decimal held by value would silently be
// written as an empty struct.
var (
	_ encoding.TextMarshaler   = Decimal{}
	_ encoding.TextUnmarshaler = (*Decimal)(nil)
	_ json.Unmarshaler         = (*Decimal)(nil)
)

var errJSON = errors.New(`a decimal in JSON is a string, such as "1250.75"`)

// MarshalText returns String. In JSON a decimal is therefore a string: readers in other languages would turn a number
// into a float. It never fails.
func (d Decimal) MarshalText() ([]byte, error) {
	return d.appendText(make([]byte, 0, maxText)), nil
}

// UnmarshalText parses text into d. On error d is unchanged.
func (d *Decimal) UnmarshalText(text []byte) error {
	return d.Bind(string(text))
}

// UnmarshalJSON parses the JSON string in data into d. Anything but a string is an error, null included: an optional
// decimal is a *Decimal. On error d is unchanged.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		return errJSON
	}
	// JSON writes a character in at most 6 bytes, as in \u0031.
	if len(data) > 6*maxInput+len(`""`) {
		return errTooLong
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errJSON
	}
	return d.Bind(text)
}

// Bind parses src, the text of a request parameter, into d. An empty parameter is an error like any other text that is
// not a number; the API's generated code calls Bind only for parameters that are present. On error d is unchanged.
func (d *Decimal) Bind(src string) error {
	parsed, err := Parse(src)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
