package main

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// comment makes a Go comment of a text.
func comment(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("// "+line, " ")
	}
	return strings.Join(lines, "\n")
}

func typeComment(name, description string) string {
	if description == "" {
		return comment(name + " is what the parameter of that name may be.")
	}
	return comment(name + ": " + description)
}

func fieldComment(property codegen.Property) string {
	spec := property.Schema.OAPISchema
	return comment(property.GoFieldName() + ": " + strings.TrimSpace(spec.Description) + limits(spec, !property.Required))
}

func paramComment(param codegen.ParameterDefinition) string {
	spec := param.Spec
	return comment(param.GoName() + ": " + strings.TrimSpace(spec.Description) + limits(spec.Schema.Value, !spec.Required))
}

// limits says what a number may be, and what it is when it is left out.
func limits(schema *openapi3.Schema, optional bool) string {
	var text string
	if schema.Min != nil && schema.Max != nil {
		text += fmt.Sprintf(" From %v to %.0f.", *schema.Min, *schema.Max)
	}
	if optional && schema.Default != nil && !schema.Type.Is("object") {
		text += fmt.Sprintf(" Default: %v.", schema.Default)
	}
	return text
}

// describe is the documentation of a method.
func (m *method) describe(op *openapi3.Operation) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s.\n\n%s\n\n%s", m.Name, op.Summary, strings.TrimSpace(op.Description), authComments[m.Auth])
	switch {
	case m.TakesAgentID && m.TakesIdempotencyKey:
		text.WriteString(" Takes [WithAgentID] and [WithIdempotencyKey].")
	case m.TakesAgentID:
		text.WriteString(" Takes [WithAgentID].")
	case m.TakesIdempotencyKey:
		text.WriteString(" Takes [WithIdempotencyKey].")
	}
	if m.Page != nil {
		fmt.Fprintf(&text, " [Client.%s] goes through every page.", m.Page.Name)
	}
	if len(m.codes) > 0 {
		text.WriteString("\n\nErrors:")
		for i, code := range m.codes {
			if i > 0 {
				text.WriteString(",")
			}
			fmt.Fprintf(&text, " [%s]", errorName(code))
		}
		text.WriteString(".")
	}
	return text.String()
}

var authComments = map[string]string{
	"authNone":  "Needs no credentials.",
	"authKey":   "Needs an API key, an agent's or the account's, or a token.",
	"authToken": "Needs the account's API key and secret, or a token.",
}

// errorName is the name of the constant of an error code.
func errorName(code string) string {
	return "Err" + codegen.ToCamelCaseWithInitialisms(strings.ToLower(code))
}

// constantName is the name of the constant of an enumeration's value. oapi-codegen puts an N before a digit, though it
// does not begin the name.
func constantName(typeName, name string) string {
	value := strings.TrimPrefix(name, typeName)
	if len(value) > 1 && value[0] == 'N' && value[1] >= '0' && value[1] <= '9' {
		value = value[1:]
	}
	return typeName + value
}
