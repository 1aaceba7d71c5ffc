package httpapi

import "github.com/getkin/kin-openapi/openapi3"

// CheckOperations is the check that New makes of the spec.
func CheckOperations(doc *openapi3.T) error {
	_, err := operationsOf(doc)
	return err
}

// What the tests outside of the package look into.
var (
	DecodeBody = decodeBody
)
