package spec_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// document is the API's, read once for all tests that do not change it.
var document = sync.OnceValue(func() *spec.Document {
	doc, err := spec.Load()
	if err != nil {
		panic(err)
	}
	return doc
})

// Otherwise the server serves, and the tests test, what openapi.yaml was before.
func TestTheEmbeddedDocumentIsThatOfTheRepository(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("../../openapi.yaml")
	require.NoError(t, err)
	require.True(t, bytes.Equal(written, spec.YAML), "run make generate sdk")
}

// What the server says of a code is what the document says of it.
func TestTheRegistryOfErrorsIsThatOfTheDocument(t *testing.T) {
	t.Parallel()
	schema := document().Components.Schemas["ErrorCode"].Value
	described := schema.Extensions["x-codes"].(map[string]any)
	require.Len(t, described, len(schema.Enum))
	for _, value := range schema.Enum {
		code := fault.Code(value.(string))
		want := map[string]any{"status": uint64(code.Status()), "message": code.Message()}
		if wait := code.RetryAfter(); wait > 0 {
			want["retry_after_seconds"] = uint64(wait.Seconds())
		}
		encoded, err := json.Marshal(want)
		require.NoError(t, err)
		said, err := json.Marshal(described[string(code)])
		require.NoError(t, err)
		require.JSONEq(t, string(said), string(encoded), code)
	}
}

// alsoSentAs are the statuses of codes that are sent with another than their own.
var alsoSentAs = map[fault.Code]int{
	fault.AgentArchived: http.StatusForbidden, // to the agent itself
}

func TestErrorResponsesHaveCodesOfTheirStatus(t *testing.T) {
	t.Parallel()
	declared := map[fault.Code]bool{}
	for _, op := range document().Operations {
		for _, response := range op.Responses {
			for _, code := range response.Codes {
				declared[code] = true
				statuses := []string{strconv.Itoa(code.Status()), strconv.Itoa(alsoSentAs[code]), "default"}
				require.Contains(t, statuses, response.Status, "%s: %s", op, code)
			}
		}
	}
	for _, code := range document().Components.Schemas["ErrorCode"].Value.Enum {
		require.True(t, declared[fault.Code(code.(string))], "no operation declares %s", code)
	}
}

// A response whose code tells to wait has the header that says for how long.
func TestErrorResponsesDeclareRetryAfter(t *testing.T) {
	t.Parallel()
	for name, response := range document().Components.Responses {
		codes, _ := response.Value.Extensions["x-codes"].([]any)
		waits := slices.ContainsFunc(codes, func(code any) bool { return fault.Code(code.(string)).RetryAfter() > 0 })
		require.Equal(t, waits, response.Value.Headers["Retry-After"] != nil, name)
	}
}

// The examples show what the server sends, and the prose names no code that the response cannot have.
func TestErrorResponsesAreDescribedByTheirCodes(t *testing.T) {
	t.Parallel()
	inProse := regexp.MustCompile("`([A-Z]+(?:_[A-Z]+)*)`")
	for _, response := range document().Errors {
		for _, found := range inProse.FindAllStringSubmatch(response.Description, -1) {
			require.Contains(t, response.Codes, fault.Code(found[1]), response.Name)
		}
		examples := []any{response.Content.Example}
		for _, named := range response.Content.Examples {
			examples = append(examples, named.Value.Value)
		}
		for _, example := range examples {
			if example == nil {
				continue // those of Examples are used
			}
			shown := example.(map[string]any)["error"].(map[string]any)
			code := fault.Code(shown["code"].(string))
			require.Contains(t, response.Codes, code, response.Name)
			require.Equal(t, code.Message(), shown["message"], response.Name)
		}
	}
}

func TestSpecExamplesAreValid(t *testing.T) {
	t.Parallel()
	require.NoError(t, document().Validate(context.Background(), openapi3.EnableExamplesValidation()))
}

func TestSpecShowsAnExampleOfEveryBody(t *testing.T) {
	t.Parallel()
	for _, op := range document().Operations {
		requireExample(t, op.ID+" request", op.Body)
		for _, response := range op.Responses {
			requireExample(t, op.ID+" "+response.Status, response.Content)
		}
	}
}

// requireExample fails unless a body has an example, of its own or of its schema, that is valid and has no field which the
// schema does not describe.
func requireExample(t *testing.T, where string, body *openapi3.MediaType) {
	t.Helper()
	if body == nil {
		return
	}
	examples := []any{body.Example, body.Schema.Value.Example}
	for _, named := range body.Examples {
		examples = append(examples, named.Value.Value)
	}
	examples = slices.DeleteFunc(examples, func(example any) bool { return example == nil })
	require.NotEmpty(t, examples, "%s has no example", where)
	for _, example := range examples {
		require.NoError(t, body.Schema.Value.VisitJSON(example, openapi3.EnableFormatValidation()), where)
		requireDescribed(t, where, body.Schema.Value, example)
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
	for name, schema := range document().Components.Schemas {
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
	for _, op := range document().Operations {
		require.NotEmpty(t, op.Summary, op)
		require.NotEmpty(t, op.Description, op)
		for _, param := range op.Parameters {
			require.NotEmpty(t, param.Description, "%s: %s", op, param.Name)
		}
	}
}

// Swagger UI fills a form with a parameter's example. Two people who both leave it there must not come to share a key.
func TestIdempotencyKeysHaveNoExample(t *testing.T) {
	t.Parallel()
	for _, op := range document().Operations {
		for _, param := range op.Parameters {
			if param.Name == "Idempotency-Key" {
				require.Nil(t, param.Example, op)
				require.Nil(t, param.Schema.Value.Example, op)
				require.Nil(t, param.Schema.Value.Default, op)
			}
		}
	}
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
	for _, op := range document().Operations {
		if op.Body != nil {
			check(op.String(), op.Body.Schema.Value)
		}
	}
}

func TestAnIncompleteOperationIsNamed(t *testing.T) {
	t.Parallel()
	extension := func(name string, value any) func(op *openapi3.Operation) {
		return func(op *openapi3.Operation) { op.Extensions[name] = value }
	}
	withCodes := func(codes any) *openapi3.ResponseRef {
		response := openapi3.NewResponse().WithDescription("None.")
		response.Extensions = map[string]any{"x-codes": codes}
		return &openapi3.ResponseRef{Value: response}
	}
	security := func(alternatives ...openapi3.SecurityRequirement) func(op *openapi3.Operation) {
		return func(op *openapi3.Operation) { op.Security = (*openapi3.SecurityRequirements)(&alternatives) }
	}
	for what, spoil := range map[string]func(op *openapi3.Operation){
		"operationId":               func(op *openapi3.Operation) { op.OperationID = "" },
		"two operations are called": func(op *openapi3.Operation) { op.OperationID = "unarchiveAgent" },
		"names no security":         func(op *openapi3.Operation) { op.Security = nil },
		"Magic, is none that":       security(openapi3.SecurityRequirement{"Magic": nil}),
		"must be one scheme":        security(openapi3.SecurityRequirement{"ApiKeyAuth": nil, "BearerAuth": nil}),
		"a key and no token":        security(openapi3.SecurityRequirement{"ApiKeyAuth": nil}),
		"default error response":    func(op *openapi3.Operation) { op.Responses.Delete("default") },
		"must have one tag":         func(op *openapi3.Operation) { op.Tags = []string{"Agents", "Account"} },
		"must describe the tag":     func(op *openapi3.Operation) { op.Tags = []string{"Nowhere"} },
		"required and JSON": func(op *openapi3.Operation) {
			op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody()}
		},
		"404 has no x-codes":           func(op *openapi3.Operation) { op.Responses.Set("404", withCodes(nil)) },
		"may have ODD, which is":       func(op *openapi3.Operation) { op.Responses.Set("404", withCodes([]any{"ODD"})) },
		"x-acount-only is not an":      extension("x-acount-only", true),
		"x-account-only must be true":  extension("x-account-only", "yes"),
		"x-probe must be true":         extension("x-probe", nil),
		"x-mcp must be an object of":   extension("x-mcp", "yes"),
		`x-mcp must be an object of d`: extension("x-mcp", map[string]any{"toolset": "trading"}),
	} {
		doc, err := spec.Load()
		require.NoError(t, err)
		spoil(doc.Paths.Value("/api/v1/agents/{agent_id}/archive").Post)
		_, err = spec.New(doc.T)
		require.ErrorContains(t, err, what)
		if !strings.HasPrefix(what, "two") {
			require.ErrorContains(t, err, "POST /api/v1/agents/{agent_id}/archive")
		}
	}
}

func TestOperationsAreReadInTheOrderOfTheDocument(t *testing.T) {
	t.Parallel()
	var written []string
	paths, _, _ := bytes.Cut(spec.YAML, []byte("\ncomponents:\n"))
	for _, found := range regexp.MustCompile(`(?m)^      operationId: (\w+)$`).FindAllSubmatch(paths, -1) {
		written = append(written, string(found[1]))
	}
	var read, bySection []string
	for _, op := range document().Operations {
		read = append(read, op.ID)
		require.Same(t, op, document().Operation(op.ID))
	}
	require.Equal(t, written, read)
	for _, section := range document().Sections {
		for _, op := range section.Operations {
			require.Equal(t, section.Name, op.Tag)
			bySection = append(bySection, op.ID)
		}
	}
	require.ElementsMatch(t, written, bySection)
	require.Nil(t, document().Operation("nothing"))
}

func TestOperationsSayWhatTheyTake(t *testing.T) {
	t.Parallel()
	key, token := "X-API-Key or Bearer token", "Bearer token"
	for id, want := range map[string]struct {
		credentials                              string
		accountOnly, probe, idempotent, isSecret bool
		tool                                     *spec.Tool
	}{
		"getHealth":    {credentials: "public", probe: true},
		"listPairs":    {credentials: "public", tool: &spec.Tool{Default: true}},
		"login":        {credentials: "public", isSecret: true},
		"createAgent":  {credentials: token, idempotent: true, isSecret: true, tool: &spec.Tool{}},
		"resetAgent":   {credentials: token, idempotent: true, tool: &spec.Tool{Destroys: true}},
		"placeOrder":   {credentials: key, idempotent: true, tool: &spec.Tool{Default: true}},
		"previewOrder": {credentials: key, tool: &spec.Tool{Default: true, Reads: true}},
		"resetAccount": {credentials: key, accountOnly: true, idempotent: true, tool: &spec.Tool{Destroys: true}},
	} {
		op := document().Operation(id)
		require.NotNil(t, op, id)
		require.Equal(t, want.credentials, op.Credentials.String(), id)
		require.Equal(t, want.credentials == "public", op.Credentials.Public(), id)
		require.Equal(t, want.credentials == token, op.Credentials.TokenOnly(), id)
		require.Equal(t, want.accountOnly, op.AccountOnly, id)
		require.Equal(t, want.probe, op.Probe, id)
		require.Equal(t, want.idempotent, op.Idempotent, id)
		require.Equal(t, want.isSecret, op.ReturnsSecret, id)
		require.Equal(t, want.tool, op.Tool, id)
	}
}

// The server trims a text before it holds it against its pattern. Whoever reads the document holds the text as it is
// against the same pattern, and has to come to the same result.
func TestPatternsOfTrimmedTextsSayWhatIsTaken(t *testing.T) {
	t.Parallel()
	checked := map[string]bool{}
	for name, schema := range document().Components.Schemas {
		if trim, _ := schema.Value.Extensions["x-trim"].(bool); !trim || checked[schema.Value.Pattern] {
			continue
		}
		checked[schema.Value.Pattern] = true
		pattern := openapi3.NewStringSchema().WithPattern(schema.Value.Pattern)
		for r := range rune(0x3100) {
			for _, text := range []string{"a" + string(r), string(r) + "a", "a" + string(r) + "a", string(r)} {
				trimmed := strings.TrimFunc(text, func(r rune) bool { return unicode.Is(unicode.Zs, r) })
				taken := trimmed != "" && pattern.VisitJSON(trimmed) == nil
				require.Equal(t, taken, pattern.VisitJSON(text) == nil, "%s: %+q", name, text)
			}
		}
	}
	require.NotEmpty(t, checked)
}
