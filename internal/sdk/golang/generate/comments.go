package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// comment returns text as a Go comment.
func comment(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("// "+line, " ")
	}
	return strings.Join(lines, "\n")
}

func typeComment(name, description string) string {
	if description == "" {
		return comment(name + " lists the values of the parameter of that name.")
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

// limits returns sentences with a number's range and the default of an optional value.
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

// describe returns the documentation of a method.
func (m *method) describe(doc *openapi3.T, op *openapi3.Operation) string {
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
		fmt.Fprintf(&text, " [Client.%s] iterates over every page.", m.Page.Name)
	}
	if failures := failures(doc, op); len(failures) > 0 {
		fmt.Fprintf(&text, "\n\nFails with status %s.", strings.Join(failures, ", "))
	}
	return text.String()
}

// failures returns the statuses of an operation's errors with their codes. A response shared by several operations may
// name codes that this one never returns, so if it names several, failures names none of them.
func failures(doc *openapi3.T, op *openapi3.Operation) []string {
	var all []string
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		if status == "default" || status < "400" {
			continue
		}
		response := op.Responses.Value(status)
		names := errorNames(doc, response.Value)
		if len(names) == 0 || len(names) > 1 && uses(doc, response.Ref) > 1 {
			all = append(all, status)
		} else {
			all = append(all, status+" ("+strings.Join(names, ", ")+")")
		}
	}
	return all
}

// errorNames returns links to the constants of a response's error codes, in the order of the enum.
func errorNames(doc *openapi3.T, response *openapi3.Response) []string {
	codes, _ := response.Extensions["x-codes"].([]any)
	var names []string
	for _, value := range doc.Components.Schemas["ErrorCode"].Value.Enum {
		if slices.Contains(codes, value) {
			names = append(names, "["+errorName(value.(string))+"]")
		}
	}
	return names
}

// uses counts the uses of a shared response.
func uses(doc *openapi3.T, ref string) int {
	count := 0
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, response := range operation.Responses.Map() {
				if ref != "" && response.Ref == ref {
					count++
				}
			}
		}
	}
	return count
}

var authComments = map[string]string{
	"authNone":  "Needs no credentials.",
	"authKey":   "Needs an API key, an agent's or the account's, or a token.",
	"authToken": "Needs the account's API key and secret, or a token.",
}

// errorName returns the name of an error code's constant.
func errorName(code string) string {
	return "Err" + codegen.ToCamelCaseWithInitialisms(strings.ToLower(code))
}

// constantName returns the name of an enum value's constant, without the N that oapi-codegen puts before a digit: the
// name does not start with that digit.
func constantName(typeName, name string) string {
	value := strings.TrimPrefix(name, typeName)
	if len(value) > 1 && value[0] == 'N' && value[1] >= '0' && value[1] <= '9' {
		value = value[1:]
	}
	return typeName + value
}
