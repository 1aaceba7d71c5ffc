package decimal

import (
	"encoding"
	"encoding/json"
	"errors"
)

// The methods that write have value receivers: with pointer receivers a Decimal held by value would fall back to being
// written as an empty struct, silently.
var (
	_ encoding.TextMarshaler   = Decimal{}
	_ encoding.TextUnmarshaler = (*Decimal)(nil)
	_ json.Unmarshaler         = (*Decimal)(nil)
)

var errJSON = errors.New(`a decimal in JSON is a string, such as "1250.75"`)

// MarshalText returns String. JSON has it as a string, not as a number, which readers in other languages would turn
// into a float. It never fails.
func (d Decimal) MarshalText() ([]byte, error) {
	return d.appendText(make([]byte, 0, maxText)), nil
}

// UnmarshalText sets d to what Parse makes of text. On error d is unchanged.
func (d *Decimal) UnmarshalText(text []byte) error {
	return d.Bind(string(text))
}

// UnmarshalJSON sets d to what Parse makes of the JSON string in data. Anything but a string is an error, null
// included: an optional decimal is a *Decimal. On error d is unchanged.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		return errJSON
	}
	// JSON spells a character with at most 6 bytes, as in \u0031.
	if len(data) > 6*maxInput+len(`""`) {
		return errTooLong
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errJSON
	}
	return d.Bind(text)
}

// Bind sets d to what Parse makes of src, the text of a request parameter. An empty parameter is an error like any
// other text that is no number; the API's generated code calls Bind only for parameters that are present. On error d is
// unchanged.
func (d *Decimal) Bind(src string) error {
	parsed, err := Parse(src)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
