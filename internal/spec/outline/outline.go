// Package outline reads the spec in the order in which it is written, for those who render it.
package outline

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Section is a tag and its operations.
type Section struct {
	Name, Description string
	Operations        []Operation
}

// Operation is one call.
type Operation struct {
	*openapi3.Operation
	Method, Path string
	Parameters   []*openapi3.Parameter // those of its path, too
}

// Answer is a response of an operation.
type Answer struct {
	Status, Name, Description string              // Name is empty for a response that only this operation has
	Content                   *openapi3.MediaType // nil where there is no body
}

// Field is a property of an object.
type Field struct {
	Name     string
	Schema   *openapi3.SchemaRef
	Required bool
}

// Sections answers the tags of a document that was loaded with its origins.
func Sections(doc *openapi3.T) []Section {
	sections := make([]Section, len(doc.Tags))
	for n, tag := range doc.Tags {
		sections[n] = Section{Name: tag.Name, Description: strings.TrimSpace(tag.Description)}
		for path, item := range doc.Paths.Map() {
			for method, op := range item.Operations() {
				if slices.Contains(op.Tags, tag.Name) {
					sections[n].Operations = append(sections[n].Operations, newOperation(method, path, item, op))
				}
			}
		}
		slices.SortFunc(sections[n].Operations, func(a, b Operation) int { return cmp.Compare(line(a.Origin), line(b.Origin)) })
	}
	return sections
}

func newOperation(method, path string, item *openapi3.PathItem, op *openapi3.Operation) Operation {
	operation := Operation{Operation: op, Method: method, Path: path}
	for _, param := range slices.Concat(item.Parameters, op.Parameters) {
		operation.Parameters = append(operation.Parameters, param.Value)
	}
	return operation
}

func line(origin *openapi3.Origin) int {
	if origin == nil || origin.Key == nil {
		return 0
	}
	return origin.Key.Line
}

// Accepts says whether one of the operation's security schemes alone is enough.
func (o Operation) Accepts(scheme string) bool {
	return slices.ContainsFunc(*o.Security, func(alternative openapi3.SecurityRequirement) bool {
		_, named := alternative[scheme]
		return named && len(alternative) == 1
	})
}

// Body is the request's content, or nil.
func (o Operation) Body() *openapi3.MediaType {
	if o.RequestBody == nil {
		return nil
	}
	return o.RequestBody.Value.Content.Get("application/json")
}

// Answers are the operation's responses, successes first, each kind as written.
func (o Operation) Answers() []Answer {
	refs := o.Responses.Map()
	statuses := slices.SortedFunc(maps.Keys(refs), func(a, b string) int {
		return cmp.Or(cmp.Compare(min(a[0], '3'), min(b[0], '3')), cmp.Compare(lineOf(refs[a]), lineOf(refs[b])), cmp.Compare(a, b))
	})
	answers := make([]Answer, len(statuses))
	for n, status := range statuses {
		answers[n] = newAnswer(status, Name(refs[status].Ref), refs[status].Value)
	}
	return answers
}

// Errors are the refusals that operations share, as written. Their status is that of the operation's answer.
func Errors(doc *openapi3.T) []Answer {
	var errors []Answer
	for name, ref := range doc.Components.Responses {
		if answer := newAnswer("", name, ref.Value); answer.Content != nil && Name(answer.Content.Schema.Ref) == "Error" {
			errors = append(errors, answer)
		}
	}
	slices.SortFunc(errors, func(a, b Answer) int {
		return cmp.Compare(lineOf(doc.Components.Responses[a.Name]), lineOf(doc.Components.Responses[b.Name]))
	})
	return errors
}

func newAnswer(status, name string, response *openapi3.Response) Answer {
	answer := Answer{Status: status, Name: name, Description: strings.TrimSpace(*response.Description)}
	for _, content := range response.Content {
		answer.Content = content
	}
	return answer
}

func lineOf(ref *openapi3.ResponseRef) int {
	if ref.Ref != "" {
		return line(ref.Origin)
	}
	return line(ref.Value.Origin)
}

// Name is what a reference names, or empty.
func Name(ref string) string {
	if ref == "" {
		return ""
	}
	return path.Base(ref)
}

// Fields are an object's properties, as written.
func Fields(schema *openapi3.Schema) []Field {
	fields := make([]Field, 0, len(schema.Properties))
	for _, name := range InOrder(schema.Properties) {
		fields = append(fields, Field{Name: name, Schema: schema.Properties[name], Required: slices.Contains(schema.Required, name)})
	}
	return fields
}

// InOrder answers the names of schemas, as written.
func InOrder(schemas openapi3.Schemas) []string {
	at := func(name string) int {
		if ref := schemas[name]; ref.Ref != "" {
			return line(ref.Origin)
		}
		return line(schemas[name].Value.Origin)
	}
	return slices.SortedFunc(maps.Keys(schemas), func(a, b string) int { return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b)) })
}
