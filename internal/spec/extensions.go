package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Tool is what x-mcp says of an operation that is offered as a tool. Its toolset is its tag.
type Tool struct {
	Default  bool `json:"default"`  // served unless other toolsets are asked for
	Reads    bool `json:"reads"`    // changes nothing, although it is no GET
	Destroys bool `json:"destroys"` // takes something away, although it is no DELETE and no PUT
}

// readExtensions reads what an operation says beyond OpenAPI. A misspelt extension fails: otherwise an operation could
// lose its x-account-only without anyone noticing.
func (o *Operation) readExtensions(extensions map[string]any) error {
	for name, value := range extensions {
		var target any
		must := "true or false"
		switch name {
		case "x-account-only":
			target = &o.AccountOnly
		case "x-probe":
			target = &o.Probe
		case "x-mcp":
			o.Tool = &Tool{}
			target, must = o.Tool, "an object of default, reads and destroys, each true or false"
		default:
			return fmt.Errorf("%s is not an extension of operations", name)
		}
		if err := decodeStrictly(value, target); err != nil {
			return fmt.Errorf("%s must be %s: %w", name, must, err)
		}
	}
	return nil
}

// decodeStrictly decodes a value of the document, and fails on fields that the target does not have.
func decodeStrictly(value, target any) error {
	if value == nil {
		return errors.New("it has no value")
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}
