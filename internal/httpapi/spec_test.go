package httpapi_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

func TestSpecAndRegistryNameTheSameErrors(t *testing.T) {
	t.Parallel()
	var declared, documented []string
	for _, code := range fault.Codes() {
		declared = append(declared, string(code))
		require.GreaterOrEqual(t, code.Status(), 400, code)
		require.NotEmpty(t, code.Message(), code)
	}
	for _, code := range testkit.Spec().Components.Schemas["ErrorCode"].Value.Enum {
		documented = append(documented, code.(string))
	}
	require.ElementsMatch(t, documented, declared)
}

func TestSpecExamplesAreValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, testkit.Spec().Validate(context.Background(), openapi3.EnableExamplesValidation()))
}

func TestSpecShowsAnExampleOfEveryBody(t *testing.T) {
	t.Parallel()
	eachOperation(func(_, _ string, op *openapi3.Operation) {
		if op.RequestBody != nil {
			requireExample(t, op.OperationID+" request", op.RequestBody.Value.Content)
		}
		for status, response := range op.Responses.Map() {
			requireExample(t, op.OperationID+" "+status, response.Value.Content)
		}
	})
}

// requireExample fails unless each kind of body has an example, of its own or of its schema, that is valid and has no
// field which the schema does not describe.
func requireExample(t *testing.T, where string, bodies openapi3.Content) {
	t.Helper()
	for mediaType, body := range bodies {
		examples := []any{body.Example, body.Schema.Value.Example}
		for _, named := range body.Examples {
			examples = append(examples, named.Value.Value)
		}
		examples = slices.DeleteFunc(examples, func(example any) bool { return example == nil })
		require.NotEmpty(t, examples, "%s has no example as %s", where, mediaType)
		for _, example := range examples {
			require.NoError(t, body.Schema.Value.VisitJSON(example, openapi3.EnableFormatValidation()), where)
			requireDescribed(t, where, body.Schema.Value, example)
		}
	}
}

func requireDescribed(t *testing.T, where string, schema *openapi3.Schema, example any) {
	t.Helper()
	switch example := example.(type) {
	case map[string]any:
		for name, value := range example {
			property, known := schema.Properties[name]
			if !known && schema.AdditionalProperties.Has != nil && *schema.AdditionalProperties.Has {
				continue
			}
			require.True(t, known, "%s: %s is not described", where, name)
			requireDescribed(t, where+"."+name, property.Value, value)
		}
	case []any:
		for _, value := range example {
			requireDescribed(t, where, schema.Items.Value, value)
		}
	}
}

func TestSpecDescribesEveryFieldAndParameter(t *testing.T) {
	t.Parallel()
	for name, schema := range testkit.Spec().Components.Schemas {
		require.NotEmpty(t, schema.Value.Description, name)
		for field, property := range schema.Value.Properties {
			where := name + "." + field
			require.NotEmpty(t, property.Value.Description, where)
			if property.Value.Type.Is("object") || property.Value.Type.Is("array") {
				continue
			}
			_, hasExample := property.Value.Extensions["example"]
			require.True(t, hasExample || property.Value.Example != nil || property.Value.Nullable, "%s has no example", where)
		}
	}
	eachOperation(func(path, method string, op *openapi3.Operation) {
		require.NotEmpty(t, op.Summary, "%s %s", method, path)
		require.NotEmpty(t, op.Description, "%s %s", method, path)
		for _, param := range op.Parameters {
			require.NotEmpty(t, param.Value.Description, "%s %s: %s", method, path, param.Value.Name)
		}
	})
}

// Swagger UI fills a form with a parameter's example. Two people who both leave it there must not come to share a key.
func TestIdempotencyKeysHaveNoExample(t *testing.T) {
	t.Parallel()
	eachOperation(func(path, method string, op *openapi3.Operation) {
		for _, param := range op.Parameters {
			if param.Value.Name == "Idempotency-Key" {
				require.Nil(t, param.Value.Example, "%s %s", method, path)
				require.Nil(t, param.Value.Schema.Value.Example, "%s %s", method, path)
				require.Nil(t, param.Value.Schema.Value.Default, "%s %s", method, path)
			}
		}
	})
}

func TestEveryRequestObjectRefusesUnknownFields(t *testing.T) {
	t.Parallel()
	var check func(where string, schema *openapi3.Schema)
	check = func(where string, schema *openapi3.Schema) {
		if schema.Type.Is("object") {
			closed := schema.AdditionalProperties.Has
			require.True(t, closed != nil && !*closed, "%s takes unknown fields", where)
		}
		for name, property := range schema.Properties {
			check(where+"."+name, property.Value)
		}
	}
	eachOperation(func(path, method string, op *openapi3.Operation) {
		if op.RequestBody != nil {
			check(method+" "+path, op.RequestBody.Value.Content.Get("application/json").Schema.Value)
		}
	})
}

func TestServerRefusesToStartWithAnIncompleteOperation(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(op *openapi3.Operation){
		"operationId":            func(op *openapi3.Operation) { op.OperationID = "" },
		"security":               func(op *openapi3.Operation) { op.Security = nil },
		"none that the server":   func(op *openapi3.Operation) { op.Security = &openapi3.SecurityRequirements{{"Magic": nil}} },
		"default error response": func(op *openapi3.Operation) { op.Responses.Delete("default") },
	} {
		doc, err := spec.Load()
		require.NoError(t, err)
		spoil(doc.Paths.Value("/api/v1/agents/{agent_id}/reset").Post)
		_, err = spec.OperationsOf(doc)
		require.ErrorContains(t, err, what)
		require.ErrorContains(t, err, "/api/v1/agents/{agent_id}/reset")
	}
}

// The server trims a text before it holds it against its pattern. Whoever reads the document holds the text as it is
// against the same pattern, and has to come to the same result.
func TestPatternsOfTrimmedTextsSayWhatIsTaken(t *testing.T) {
	t.Parallel()
	for name, schema := range testkit.Spec().Components.Schemas {
		if trim, _ := schema.Value.Extensions["x-trim"].(bool); !trim {
			continue
		}
		pattern := openapi3.NewStringSchema().WithPattern(schema.Value.Pattern)
		for r := range rune(0x3100) {
			for _, text := range []string{"a" + string(r), string(r) + "a", "a" + string(r) + "a", string(r)} {
				trimmed := strings.TrimFunc(text, func(r rune) bool { return unicode.Is(unicode.Zs, r) })
				taken := trimmed != "" && pattern.VisitJSON(trimmed) == nil
				require.Equal(t, taken, pattern.VisitJSON(text) == nil, "%s: %+q", name, text)
			}
		}
	}
}

// eachOperation walks the spec.
func eachOperation(visit func(path, method string, op *openapi3.Operation)) {
	for path, item := range testkit.Spec().Paths.Map() {
		for method, op := range item.Operations() {
			visit(path, method, op)
		}
	}
}
