// Package spec is what is made of openapi.yaml: its operations, and the checks that hold requests against it.
package spec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

const headerIdempotencyKey = "Idempotency-Key"

// Load parses the embedded openapi.yaml.
func Load() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true // so that what is rendered keeps the order in which the document is written
	doc, err := loader.LoadFromData(api.Spec)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	// Examples are checked by a test; a server need not do it at every start.
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return doc, nil
}

// Scheme is how the callers of an operation prove who they are.
type Scheme string

const (
	SchemeNone   Scheme = ""
	SchemeBearer Scheme = "BearerAuth"
	SchemeKey    Scheme = "ApiKeyAuth"
	SchemeEither Scheme = "ApiKeyAuth or BearerAuth" // an agent's or account's key, or a token
)

// Operation is what the middleware of one operation needs, read from the spec once at start.
type Operation struct {
	ID     string
	Scheme Scheme
	params openapi3.Parameters
	query  map[string]*openapi3.Parameter
	body   *openapi3.Schema // nil where the operation takes none
	route  *routers.Route

	Probe         bool // asks how the server is, so it is answered however busy that is
	Idempotent    bool // takes an Idempotency-Key
	AnswersSecret bool // its answer must not be kept by caches
	AccountOnly   bool // an agent's own key does not do
}

// OperationsOf reads every operation, or fails with the name of one that is not complete: an operation that says
// nothing of its security must not come to be served without any.
func OperationsOf(doc *openapi3.T) (map[string]*Operation, error) {
	operations := map[string]*Operation{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Value(path)
		for method, spec := range item.Operations() {
			op, err := newOperation(doc, path, method, item, spec)
			if err != nil {
				return nil, fmt.Errorf("openapi.yaml: %s %s (%s): %w", method, path, spec.OperationID, err)
			}
			if operations[op.ID] != nil {
				return nil, fmt.Errorf("openapi.yaml: two operations are called %s", op.ID)
			}
			operations[op.ID] = op
		}
	}
	return operations, nil
}

func newOperation(
	doc *openapi3.T, path, method string, item *openapi3.PathItem, spec *openapi3.Operation,
) (*Operation, error) {
	if spec.OperationID == "" {
		return nil, errors.New("it has no operationId")
	}
	if spec.Responses == nil || spec.Responses.Default() == nil {
		return nil, errors.New("it has no default error response")
	}
	scheme, err := schemeOf(spec)
	if err != nil {
		return nil, err
	}
	op := &Operation{
		ID:            spec.OperationID,
		Scheme:        scheme,
		params:        slices.Concat(item.Parameters, spec.Parameters),
		query:         map[string]*openapi3.Parameter{},
		route:         &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: spec},
		Probe:         slices.Contains(spec.Tags, "System"),
		AccountOnly:   spec.Extensions["x-account-only"] == true,
		AnswersSecret: answersSecret(spec),
	}
	for _, param := range op.params {
		switch {
		case param.Value.In == openapi3.ParameterInQuery:
			op.query[param.Value.Name] = param.Value
		case param.Value.In == openapi3.ParameterInHeader && param.Value.Name == headerIdempotencyKey:
			op.Idempotent = true
		}
	}
	if spec.RequestBody != nil {
		media := spec.RequestBody.Value.Content.Get("application/json")
		if media == nil || !spec.RequestBody.Value.Required {
			return nil, errors.New("a body must be required and JSON")
		}
		op.body = media.Schema.Value
	}
	return op, nil
}

func schemeOf(spec *openapi3.Operation) (Scheme, error) {
	switch {
	case spec.Security == nil:
		return "", errors.New("it names no security; write security: [] for a public operation")
	case len(*spec.Security) == 0:
		return SchemeNone, nil
	}
	var names []string
	for _, alternative := range *spec.Security {
		if len(alternative) != 1 {
			return "", errors.New("an alternative of its security must be one scheme")
		}
		names = slices.AppendSeq(names, maps.Keys(alternative))
	}
	slices.Sort(names)
	switch {
	case slices.Equal(names, []string{string(SchemeBearer)}):
		return SchemeBearer, nil
	case slices.Equal(names, []string{string(SchemeKey), string(SchemeBearer)}):
		return SchemeEither, nil
	}
	return "", errors.New("its security is none that the server knows")
}

// answersSecret looks for a value of format password in the success answers.
func answersSecret(spec *openapi3.Operation) bool {
	for status, response := range spec.Responses.Map() {
		if status[0] != '2' {
			continue
		}
		for _, media := range response.Value.Content {
			if holdsSecret(media.Schema.Value) {
				return true
			}
		}
	}
	return false
}

func holdsSecret(schema *openapi3.Schema) bool {
	if schema.Format == "password" || schema.Items != nil && holdsSecret(schema.Items.Value) {
		return true
	}
	for _, property := range schema.Properties {
		if holdsSecret(property.Value) {
			return true
		}
	}
	return false
}

// DefaultsOf fills in a value from the defaults of a schema.
func DefaultsOf(doc *openapi3.T, schema string, value any) error {
	encoded, err := json.Marshal(normalise(doc.Components.Schemas[schema].Value, map[string]any{}))
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, value)
}
