package spec

import (
	"errors"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

const (
	headerIdempotencyKey = "Idempotency-Key"
	mediaJSON            = "application/json"
)

// Operation is one call of the API, with everything that its middleware, its tool and its descriptions need to know.
type Operation struct {
	ID, Summary, Description string
	Tag                      string
	Method, Path             string
	Parameters               []*openapi3.Parameter // those of its path, too
	Body                     *openapi3.MediaType   // nil if it takes none
	Responses                []Response            // successes first, each kind as written
	Credentials              Credentials

	AccountOnly   bool  // an agent's own key is not enough: x-account-only
	Probe         bool  // asks about the server's state, so it is answered however busy the server is: x-probe
	Idempotent    bool  // takes an Idempotency-Key
	ReturnsSecret bool  // caches must not keep its response
	Tool          *Tool // nil if it is not a tool: x-mcp

	query map[string]*openapi3.Parameter
	route *routers.Route
	line  int // of the document
}

// String names the operation as the API's texts do: GET /api/v1/agents.
func (o *Operation) String() string { return o.Method + " " + o.Path }

func newOperation(
	doc *openapi3.T, path, method string, item *openapi3.PathItem, written *openapi3.Operation,
) (*Operation, error) {
	switch {
	case written.OperationID == "":
		return nil, errors.New("it has no operationId")
	case written.Responses == nil || written.Responses.Default() == nil:
		return nil, errors.New("it has no default error response")
	case len(written.Tags) != 1 || doc.Tags.Get(written.Tags[0]) == nil:
		return nil, errors.New("it must have one tag, and the document must describe the tag")
	}
	credentials, err := credentialsOf(doc, written.Security)
	if err != nil {
		return nil, err
	}
	op := &Operation{
		ID: written.OperationID, Summary: written.Summary, Description: written.Description,
		Tag: written.Tags[0], Method: method, Path: path,
		Responses:     responsesOf(written),
		Credentials:   credentials,
		ReturnsSecret: returnsSecret(written),
		query:         map[string]*openapi3.Parameter{},
		route:         &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: written},
		line:          line(written.Origin),
	}
	if err := op.readExtensions(written.Extensions); err != nil {
		return nil, err
	}
	if err := op.checkCodes(); err != nil {
		return nil, err
	}
	op.readParameters(slices.Concat(item.Parameters, written.Parameters))
	return op, op.readBody(written.RequestBody)
}

func (o *Operation) readParameters(params openapi3.Parameters) {
	for _, ref := range params {
		param := ref.Value
		o.Parameters = append(o.Parameters, param)
		switch {
		case param.In == openapi3.ParameterInQuery:
			o.query[param.Name] = param
		case param.In == openapi3.ParameterInHeader && param.Name == headerIdempotencyKey:
			o.Idempotent = true
		}
	}
}

func (o *Operation) readBody(body *openapi3.RequestBodyRef) error {
	if body == nil {
		return nil
	}
	o.Body = body.Value.Content.Get(mediaJSON)
	if o.Body == nil || !body.Value.Required {
		return errors.New("a body must be required and JSON")
	}
	return nil
}

// checkCodes fails unless every error response says which codes it may have.
func (o *Operation) checkCodes() error {
	for _, response := range o.Responses {
		if response.IsError() && len(response.Codes) == 0 {
			return fmt.Errorf("its response %s has no x-codes", response.Status)
		}
		for _, code := range response.Codes {
			if code.Status() == 0 {
				return fmt.Errorf("its response %s may have %s, which is none of the codes", response.Status, code)
			}
		}
	}
	return nil
}

// returnsSecret looks for a value of format password in the successful responses.
func returnsSecret(written *openapi3.Operation) bool {
	for status, response := range written.Responses.Map() {
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
