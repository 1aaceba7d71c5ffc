package skill

import (
	"fmt"
	"math"
	"strings"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// notation writes operations and schemas in few tokens, in a form close to TypeScript. A schema that is used more than once
// is written once, under its name.
type notation struct {
	base  string // what all paths begin with
	uses  map[string]int
	named []string // in the order of their first use
	text  map[string]string
}

// Whether a schema is that of a request or of an answer. Only a request needs the limits of every string.
type direction bool

const (
	sent     direction = true
	answered direction = false
)

// separator comes between fields. The fields of answers are mostly bare names; commas would be a third of their tokens.
func (d direction) separator() string {
	if d == answered {
		return " "
	}
	return ", "
}

// colon comes between a field and its type, which has no spaces in an answer.
func (d direction) colon() string {
	if d == answered {
		return ":"
	}
	return ": "
}

// newNotation finds out which schemas the operations use more than once.
func newNotation(base string, operations []*spec.Operation) *notation {
	n := &notation{base: base, uses: map[string]int{}, text: map[string]string{}}
	for _, op := range operations {
		for _, param := range op.Parameters {
			n.countSchema(param.Schema)
		}
		if body := op.Body; body != nil {
			n.countSchema(body.Schema)
		}
		n.countSchema(success(op))
	}
	return n
}

func (n *notation) countSchema(ref *openapi3.SchemaRef) {
	if name := spec.Name(ref.Ref); name != "" {
		if n.uses[name]++; n.uses[name] > 1 {
			return
		}
	}
	if ref.Value.Items != nil {
		n.countSchema(ref.Value.Items)
	}
	for _, property := range ref.Value.Properties {
		n.countSchema(property)
	}
}

// success is an operation's successful answer.
func success(op *spec.Operation) *openapi3.SchemaRef { return op.Responses[0].Content.Schema }

// calls writes operations, each under its summary.
func (n *notation) calls(operations []*spec.Operation) string {
	var out strings.Builder
	for _, op := range operations {
		path, query := strings.TrimPrefix(op.Path, n.base), []string{}
		for _, param := range op.Parameters {
			switch field := n.field(param.Name, param.Schema, !param.Required, sent); param.In {
			case openapi3.ParameterInPath:
				path = strings.ReplaceAll(path, "{"+param.Name+"}", "{"+field+"}")
			case openapi3.ParameterInQuery:
				query = append(query, field)
			} // headers are described once, for all operations
		}
		fmt.Fprintf(&out, "# %s\n%s %s", op.Summary, op.Method, path)
		if len(query) > 0 {
			fmt.Fprintf(&out, " (%s)", strings.Join(query, ", "))
		}
		if body := op.Body; body != nil {
			out.WriteString(" " + n.schema(body.Schema, sent))
		}
		out.WriteString(" -> " + n.schema(success(op), answered) + "\n")
	}
	return out.String()
}

func (n *notation) field(name string, ref *openapi3.SchemaRef, optional bool, way direction) string {
	text := name
	if optional && (way == answered || ref.Value.Default == nil) {
		text += "?"
	}
	if kind := n.schema(ref, way); kind != "" {
		text += way.colon() + kind
	}
	if way == sent && ref.Value.Default != nil {
		text += fmt.Sprintf(" = %v", ref.Value.Default)
	}
	return text
}

// schema writes a type, or nothing for a plain string.
func (n *notation) schema(ref *openapi3.SchemaRef, way direction) string {
	name := spec.Name(ref.Ref)
	limited := way == sent && ref.Value.MaxLength != nil
	if n.uses[name] < 2 || !limited && ref.Value.Enum == nil && !ref.Value.Type.Is("object") {
		return n.inline(ref.Value, way)
	}
	if _, written := n.text[name]; !written {
		n.text[name] = "" // even if a schema contains itself
		n.text[name] = n.inline(ref.Value, way)
		n.named = append(n.named, name)
	}
	return name
}

func (n *notation) inline(schema *openapi3.Schema, way direction) string {
	switch {
	case len(schema.Enum) > maxChoices && way == answered:
		return ""
	case schema.Enum != nil:
		return choice(schema.Enum)
	case schema.Type.Is("object"):
		var fields []string
		for _, field := range spec.Fields(schema) {
			optional := field.Schema.Value.Nullable
			if way == sent {
				optional = !field.Required
			}
			fields = append(fields, n.field(field.Name, field.Schema, optional, way))
		}
		return "{" + strings.Join(fields, way.separator()) + "}"
	case schema.Type.Is("array"):
		items := n.schema(schema.Items, way)
		if items == "" {
			items = "string"
		}
		return "[" + items + "]"
	case schema.Type.Is("boolean"):
		return "bool"
	case way == answered && schema.Type.Is("string"):
		return ""
	case schema.Type.Is("integer"):
		return integer(schema, way)
	}
	return stringType(schema)
}

// maxChoices is how many values are worth naming. Error codes, which are more, are named elsewhere.
const maxChoices = 12

func choice(values []any) string {
	texts := make([]string, len(values))
	for n, value := range values {
		texts[n] = fmt.Sprint(value)
	}
	return strings.Join(texts, "|")
}

func integer(schema *openapi3.Schema, way direction) string {
	switch {
	case way == answered || schema.Min == nil || schema.Max == nil:
		return "int"
	case *schema.Max >= math.MaxInt32:
		return fmt.Sprintf("%.0f or more", *schema.Min)
	}
	return fmt.Sprintf("%.0f-%.0f", *schema.Min, *schema.Max)
}

// maxPattern is the length up to which a pattern says more than a limit of characters.
const maxPattern = 32

// stringType writes what a string must be.
func stringType(schema *openapi3.Schema) string {
	switch {
	case schema.Format == "date-time":
		return "time"
	case schema.Format != "":
		return strings.TrimSuffix(schema.Format, "-string")
	case schema.Pattern != "" && len(schema.Pattern) <= maxPattern:
		return strings.TrimSuffix(strings.TrimPrefix(schema.Pattern, "^"), "$")
	case schema.MaxLength != nil:
		return fmt.Sprintf("%d-%d chars", schema.MinLength, *schema.MaxLength)
	}
	return ""
}

// shapes writes the schemas that the calls named.
func (n *notation) shapes() string {
	var out strings.Builder
	for _, name := range n.named {
		fmt.Fprintf(&out, "%s = %s\n", name, n.text[name])
	}
	return out.String()
}
