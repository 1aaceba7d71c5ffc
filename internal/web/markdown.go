package web

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed reference.md.tmpl
var referenceText string

// named is a schema that has a section of its own.
type named struct {
	Name   string
	Ref    *openapi3.SchemaRef
	Schema *openapi3.Schema
}

// maxChoices is how many values of an enumeration are named where it is used.
const maxChoices = 12

// hasSection reports whether a schema is described in a section of its own.
func hasSection(ref *openapi3.SchemaRef) bool {
	return ref.Ref != "" && (ref.Value.Type.Is("object") || len(ref.Value.Enum) > maxChoices)
}

// reference is what the reference shows, in the order of the spec.
type reference struct {
	*openapi3.Info
	Sections []spec.Section
	Errors   []spec.Response
	Schemas  []named
}

func newReference(doc *spec.Document) reference {
	r := reference{Info: doc.Info, Sections: doc.Sections, Errors: doc.Errors}
	for _, name := range spec.InOrder(doc.Components.Schemas) {
		ref := &openapi3.SchemaRef{Ref: "#/components/schemas/" + name, Value: doc.Components.Schemas[name].Value}
		if hasSection(ref) {
			r.Schemas = append(r.Schemas, named{name, ref, ref.Value})
		}
	}
	return r
}

// markdown writes the reference.
func (r reference) markdown() (string, error) {
	page := template.New("reference.md").Funcs(template.FuncMap{
		"trim": strings.TrimSpace, "cell": cell, "type": typeOf, "default": defaultOf, "fields": fieldTable,
		"choice": choice, "samples": samples, "succeeds": succeeds, "errors": errorList,
	})
	var out strings.Builder
	err := template.Must(page.Parse(referenceText)).Execute(&out, r)
	return out.String(), err
}

func succeeds(response spec.Response) bool { return !response.IsError() }

// errorList names an operation's errors, which are described once for all.
func errorList(op *spec.Operation) string {
	var all []string
	for _, answer := range op.Responses {
		if !succeeds(answer) {
			status := strings.Replace(answer.Status, "default", "any other", 1)
			all = append(all, fmt.Sprintf("%s [%s](#%s)", status, answer.Name, slug(answer.Name)))
		}
	}
	return strings.Join(all, ", ")
}

// cell puts a text on one line, for a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// typeOf says in a few words what a value is and within which limits.
func typeOf(ref *openapi3.SchemaRef) string {
	schema := ref.Value
	var text string
	switch {
	case hasSection(ref):
		text = fmt.Sprintf("[%s](#%s)", spec.Name(ref.Ref), slug(spec.Name(ref.Ref)))
	case schema.Enum != nil:
		text = choice(schema.Enum)
	case schema.Type.Is("array"):
		text = bounds(schema.MinItems, schema.MaxItems, "") + " list of " + typeOf(schema.Items)
	case schema.Type.Is("integer"):
		text = "integer" + numbers(schema)
	case schema.Type.Is("string") && schema.Format != "":
		text = strings.TrimSuffix(schema.Format, "-string") + " string"
	case schema.Type.Is("string"):
		text = "string" + bounds(schema.MinLength, schema.MaxLength, " characters")
	default:
		text = strings.Join(schema.Type.Slice(), " or ")
	}
	if schema.Nullable {
		text += " or null"
	}
	return strings.TrimSpace(text)
}

func choice(values []any) string {
	texts := make([]string, len(values))
	for n, value := range values {
		texts[n] = fmt.Sprintf("`%v`", value)
	}
	return strings.Join(texts, ", ")
}

func numbers(schema *openapi3.Schema) string {
	switch {
	case schema.Min != nil && schema.Max != nil:
		return fmt.Sprintf(", %.0f–%.0f", *schema.Min, *schema.Max)
	case schema.Min != nil:
		return fmt.Sprintf(", at least %.0f", *schema.Min)
	}
	return ""
}

func bounds(least uint64, most *uint64, of string) string {
	switch {
	case most == nil:
		return ""
	case least == *most:
		return fmt.Sprintf(" %d%s", least, of)
	}
	return fmt.Sprintf(" %d–%d%s", least, *most, of)
}

func defaultOf(ref *openapi3.SchemaRef) string {
	if ref.Value.Default == nil {
		return ""
	}
	return fmt.Sprintf("`%v`", ref.Value.Default)
}

// fieldTable lists the fields of an object; those of objects that have no section of their own come with it.
func fieldTable(ref *openapi3.SchemaRef) string {
	if len(ref.Value.Properties) == 0 {
		return ""
	}
	return "\n| Field | Type | Default | Description |\n|---|---|---|---|\n" + fieldRows("", ref.Value)
}

func fieldRows(within string, schema *openapi3.Schema) string {
	var rows strings.Builder
	for _, field := range spec.Fields(schema) {
		mark := ""
		if field.Required {
			mark = ", required"
		}
		value := field.Schema.Value
		fmt.Fprintf(&rows, "| `%s%s`%s | %s | %s | %s |\n", within, field.Name, mark, typeOf(field.Schema), defaultOf(field.Schema), cell(value.Description))
		if value.Type.Is("object") && !hasSection(field.Schema) {
			rows.WriteString(fieldRows(within+field.Name+".", value))
		}
	}
	return rows.String()
}

// slug is the anchor of a heading, made as GitHub makes it.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}
