package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// probe is a value for one field, and whether it is within the field's limits.
type probe struct {
	what  string
	value any
	good  bool
}

// Every field of every body is sent at its limits and one step beyond each, as the spec states them.
func TestBodyFieldsAreHeldToTheirLimits(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	fields := 0
	eachOperation(func(path, method string, op *openapi3.Operation) {
		if op.RequestBody == nil || op.OperationID == "login" { // login answers 401 to what is not a key
			return
		}
		schema := op.RequestBody.Value.Content.Get("application/json").Schema.Value
		eachField(schema, "", func(pointer string, field *openapi3.Schema, required bool) {
			fields++
			for _, p := range probesOf(field, required) {
				t.Run(fmt.Sprintf("%s%s %s", op.OperationID, pointer, p.what), func(t *testing.T) {
					t.Parallel()
					body := fitting(replaced(t, schema.Example, pointer, p.value), pointer)
					delete(body, "email") // unless it is what is tried, since it must be unique
					if pointer == "/email" {
						body = replaced(t, schema.Example, pointer, p.value)
					}
					answer := server.Client(t).Bearer(account.Token).Do(method, fill(path, account.AgentID), body)
					if p.good {
						requireTaken(t, op, answer)
						return
					}
					answer.WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
					require.Contains(t, fieldsOf(answer), pointer)
				})
			}
		})
	})
	require.Greater(t, fields, 15)
}

// requireTaken: what is within the limits is taken, though rules may yet refuse an order.
func requireTaken(t *testing.T, op *openapi3.Operation, answer *testkit.Answer) {
	t.Helper()
	if op.OperationID == "placeOrder" || op.OperationID == "previewOrder" {
		require.NotEqual(t, http.StatusUnprocessableEntity, answer.Status, string(answer.Body))
		require.Less(t, answer.Status, 500, string(answer.Body))
		return
	}
	require.Less(t, answer.Status, 300, string(answer.Body))
}

// fitting makes an order of the type to which the field belongs.
func fitting(body map[string]any, pointer string) map[string]any {
	switch pointer {
	case "/price":
		body["type"] = "limit"
	case "/trigger_price":
		body["type"], body["side"] = "take_profit", "sell"
	}
	return body
}

// Every query parameter likewise.
func TestQueryParametersAreHeldToTheirLimits(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	eachOperation(func(path, method string, op *openapi3.Operation) {
		for _, param := range op.Parameters {
			if param.Value.In != openapi3.ParameterInQuery || param.Value.Schema.Value.Type.Is("array") {
				continue // lists are written differently in a query
			}
			name, schema := param.Value.Name, param.Value.Schema.Value
			for _, p := range probesOf(schema, false) {
				if _, isText := p.value.(string); schema.Type.Is("string") && !isText || p.value == nil {
					continue // a query has no other types, and no null
				}
				t.Run(fmt.Sprintf("%s %s %s", op.OperationID, name, p.what), func(t *testing.T) {
					t.Parallel()
					query := url.Values{name: {fmt.Sprint(p.value)}}
					answer := server.Client(t).Bearer(account.Token).Do(method, fill(path, account.AgentID)+"?"+query.Encode(), nil)
					if p.good {
						require.Less(t, answer.Status, 300, string(answer.Body))
						return
					}
					answer.WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
					require.Contains(t, fieldsOf(answer), "/"+name)
				})
			}
		}
	})
}

func eachField(schema *openapi3.Schema, pointer string, visit func(pointer string, field *openapi3.Schema, required bool)) {
	for name, property := range schema.Properties {
		required := false
		for _, r := range schema.Required {
			required = required || r == name
		}
		visit(pointer+"/"+name, property.Value, required)
		eachField(property.Value, pointer+"/"+name, visit)
	}
}

// probesOf reads the limits out of a schema.
func probesOf(schema *openapi3.Schema, required bool) []probe {
	probes := []probe{{"null", nil, schema.Nullable}}
	if required {
		probes = append(probes, probe{"left out", leftOut{}, false})
	}
	switch {
	case schema.Type.Is("string"):
		probes = append(probes, textProbes(schema)...)
	case schema.Type.Is("integer"):
		probes = append(probes, probe{"a string", "seven", false}, probe{"a fraction", 1.5, false},
			probe{"at minimum", *schema.Min, true}, probe{"below minimum", *schema.Min - 1, false},
			probe{"at maximum", int64(*schema.Max), true}, probe{"above maximum", int64(*schema.Max) + 1, false},
			probe{"far above maximum", json.Number("99999999999999999999"), false})
	case schema.Type.Is("boolean"):
		probes = append(probes, probe{"true", true, true}, probe{"false", false, len(schema.Enum) != 1}, probe{"a number", 1, false}, probe{"text", "yes", false})
	case schema.Type.Is("array"):
		items := func(n uint64) []any {
			list := make([]any, n)
			for i := range list {
				list[i] = "tag"
			}
			return list
		}
		probes = append(probes, probe{"empty", []any{}, true}, probe{"at maxItems", items(*schema.MaxItems), true},
			probe{"above maxItems", items(*schema.MaxItems + 1), false}, probe{"not an array", "a,b", false})
	case schema.Type.Is("object"):
		probes = append(probes, probe{"empty", map[string]any{}, true}, probe{"not an object", 7, false})
	}
	return probes
}

func textProbes(schema *openapi3.Schema) []probe {
	probes := []probe{{"a number", 7, false}, {"an object", map[string]any{}, false}}
	switch {
	case schema.Format == "decimal-string":
		for _, good := range []string{"1", "0.00000001", "999999999999.99999999", "5000.00", "10.5"} {
			probes = append(probes, probe{good, good, true})
		}
		for _, bad := range []string{"", "0", "0.00", "-1", "+1", "1e3", "1.000000001", "1000000000000", ".5", "5.", " 5", "NaN", "Infinity", "1,000", "٣", "0x10", "1_000"} {
			probes = append(probes, probe{"'" + bad + "'", bad, false})
		}
	case schema.Format == "email":
		probes = append(probes, probe{"an address", "Grace.Hopper+1@example.org", true}, probe{"no address", "grace", false},
			probe{"an invisible character", "a@b\u2028.c", false},
			probe{"a name and an address", "Grace <grace@example.org>", false},
			probe{"above maxLength", strings.Repeat("a", 250) + "@example.org", false})
	case strings.HasPrefix(schema.Pattern, "^[A-Za-z0-9"): // an id of the client's making
		longest := int(*schema.MaxLength)
		probes = append(probes, probe{"at maxLength", strings.Repeat("a", longest), true},
			probe{"above maxLength", strings.Repeat("a", longest+1), false}, probe{"empty", "", false}, probe{"blank", " ", false},
			probe{"a slash", "a/b", false}, probe{"a control character", "a\n", false}, probe{"another script", "é", false})
	case schema.MaxLength != nil:
		longest := int(*schema.MaxLength)
		probes = append(probes, probe{"one character", "a", true}, probe{"a family", "👩‍👩‍👧", true}, probe{"empty", "", false}, probe{"blank", "  \u3000", false},
			probe{"at maxLength", strings.Repeat("𝄞", longest), true}, probe{"above maxLength", strings.Repeat("𝄞", longest+1), false},
			probe{"a line break at the end", "a\n", false},
			probe{"at maxLength after trimming", "  " + strings.Repeat("é", longest) + " ", true})
		for _, control := range []string{"\x00", "\n", "\r", "\x1f", "\x7f", "\u0085", "\u2028", "\u2029", "\u200b", "\u202e", "\u2066", "\ufeff"} {
			probes = append(probes, probe{fmt.Sprintf("control character %q", control), "a" + control + "b", false})
		}
	case schema.Pattern != "": // the colour
		probes = append(probes, probe{"a color", "#00ffAA", true}, probe{"three digits", "#fff", false}, probe{"a word", "red", false},
			probe{"something behind it", "#00ffAA ", false})
	}
	return probes
}

type leftOut struct{}

// replaced returns a copy of the example in which one field has another value.
func replaced(t *testing.T, example any, pointer string, value any) map[string]any {
	t.Helper()
	encoded, err := json.Marshal(example)
	require.NoError(t, err)
	var body map[string]any
	require.NoError(t, json.Unmarshal(encoded, &body))
	object, steps := body, strings.Split(pointer, "/")[1:]
	for _, step := range steps[:len(steps)-1] {
		if object[step] == nil {
			object[step] = map[string]any{}
		}
		object = object[step].(map[string]any)
	}
	if _, gone := value.(leftOut); gone {
		delete(object, steps[len(steps)-1])
	} else {
		object[steps[len(steps)-1]] = value
	}
	return body
}

// fieldsOf returns the fields that a validation error names.
func fieldsOf(answer *testkit.Answer) []string {
	var envelope struct {
		Error struct {
			Details struct {
				Errors []struct{ Field, Message string }
			}
		}
	}
	_ = json.Unmarshal(answer.Body, &envelope)
	var fields []string
	for _, violation := range envelope.Error.Details.Errors {
		fields = append(fields, violation.Field)
	}
	return fields
}
