package httpapi_test

import (
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
)

// eachOperation walks the spec.
func eachOperation(visit func(path, method string, op *openapi3.Operation)) {
	for path, item := range testkit.Spec().Paths.Map() {
		for method, op := range item.Operations() {
			visit(path, method, op)
		}
	}
}
