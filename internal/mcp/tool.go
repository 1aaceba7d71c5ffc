package mcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// tool is an operation that can be called.
type tool struct {
	op      *spec.Operation
	name    string
	toolset string

	reads      bool // changes nothing
	destroys   bool // may take something away
	repeatable bool // calling it twice has the effect of calling it once

	inPath, inQuery map[string]*openapi3.Parameter
	input           *jsonschema.Schema
}

const headerIdempotencyKey = "Idempotency-Key"

func newTool(op *spec.Operation) (*tool, error) {
	t := &tool{
		op: op, name: snakeCase(op.ID), toolset: strings.ToLower(op.Tag),
		inPath: map[string]*openapi3.Parameter{}, inQuery: map[string]*openapi3.Parameter{},
		input: &jsonschema.Schema{
			Type: openapi3.TypeObject, Properties: map[string]*jsonschema.Schema{},
			AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}, // false
		},
	}
	for _, param := range op.Parameters {
		if err := t.addParameter(param); err != nil {
			return nil, err
		}
	}
	if op.Body != nil {
		if err := t.addBody(op.Body); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// addParameter makes an argument of a path or query parameter. Headers are not for models.
func (t *tool) addParameter(param *openapi3.Parameter) error {
	switch param.In {
	case openapi3.ParameterInHeader:
		return nil
	case openapi3.ParameterInPath:
		t.inPath[param.Name] = param
	case openapi3.ParameterInQuery:
		t.inQuery[param.Name] = param
		if isArray(param) && (param.Explode == nil || *param.Explode) {
			return fmt.Errorf("%s: a list must be separated by commas: explode: false", param.Name)
		}
	default:
		return fmt.Errorf("%s: a parameter in %s cannot be an argument", param.Name, param.In)
	}
	schema, err := translate(param.Schema)
	if err != nil {
		return fmt.Errorf("%s: %w", param.Name, err)
	}
	schema.Description = strings.TrimSpace(param.Description)
	if param.Example != nil && schema.Enum == nil {
		schema.Examples = []any{param.Example}
	}
	return t.addArgument(param.Name, schema, param.Required)
}

func isArray(param *openapi3.Parameter) bool { return param.Schema.Value.Type.Is(openapi3.TypeArray) }

// addBody makes an argument of each field of the body.
func (t *tool) addBody(media *openapi3.MediaType) error {
	if !media.Schema.Value.Type.Is(openapi3.TypeObject) {
		return errors.New("the body of a tool must be a JSON object")
	}
	schema, err := translate(media.Schema)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	t.input.Description = schema.Description
	for _, name := range schema.PropertyOrder {
		if err := t.addArgument(name, schema.Properties[name], slices.Contains(schema.Required, name)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tool) addArgument(name string, schema *jsonschema.Schema, required bool) error {
	if t.input.Properties[name] != nil {
		return fmt.Errorf("two arguments of the tool would be called %s", name)
	}
	t.input.Properties[name] = schema
	t.input.PropertyOrder = append(t.input.PropertyOrder, name)
	if required {
		t.input.Required = append(t.input.Required, name)
	}
	return nil
}

// listed is the tool as clients see it.
func (t *tool) listed(names *strings.Replacer) (*sdk.Tool, error) {
	input, err := json.Marshal(t.input)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	closedWorld := false
	return &sdk.Tool{
		Name: t.name, Title: t.op.Summary, Description: names.Replace(strings.TrimSpace(t.op.Description)),
		InputSchema: json.RawMessage(names.Replace(string(input))),
		Annotations: &sdk.ToolAnnotations{
			ReadOnlyHint: t.reads, DestructiveHint: &t.destroys, IdempotentHint: t.repeatable, OpenWorldHint: &closedWorld,
		},
	}, nil
}

// snakeCase writes an operationId the way tools are called: getOrderByClientId is get_order_by_client_id.
func snakeCase(operationID string) string {
	var name strings.Builder
	for _, letter := range operationID {
		if unicode.IsUpper(letter) {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToLower(letter))
	}
	return name.String()
}
