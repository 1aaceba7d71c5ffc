package spec

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
)

// Response is a response of an operation.
type Response struct {
	Status, Name, Description string              // Name is empty for a response that only this operation has
	Content                   *openapi3.MediaType // nil if there is no body
	Codes                     []fault.Code        // those that an error response may have: x-codes
}

// IsError reports whether the response of an operation is an error. A 304 is not.
func (r Response) IsError() bool { return r.Status >= "4" } // "default", too

// Field is a property of an object.
type Field struct {
	Name     string
	Schema   *openapi3.SchemaRef
	Required bool
}

// responsesOf returns an operation's responses, successes first, each kind as written.
func responsesOf(written *openapi3.Operation) []Response {
	refs := written.Responses.Map()
	statuses := slices.SortedFunc(maps.Keys(refs), func(a, b string) int {
		return cmp.Or(cmp.Compare(min(a[0], '3'), min(b[0], '3')), cmp.Compare(lineOf(refs[a]), lineOf(refs[b])), cmp.Compare(a, b))
	})
	responses := make([]Response, len(statuses))
	for n, status := range statuses {
		responses[n] = newResponse(status, Name(refs[status].Ref), refs[status].Value)
	}
	return responses
}

// sharedErrors returns the error responses that operations share, as written.
func sharedErrors(doc *openapi3.T) []Response {
	var errors []Response
	for name, ref := range doc.Components.Responses {
		if response := newResponse("", name, ref.Value); response.Content != nil && Name(response.Content.Schema.Ref) == "Error" {
			errors = append(errors, response)
		}
	}
	slices.SortFunc(errors, func(a, b Response) int {
		return cmp.Compare(lineOf(doc.Components.Responses[a.Name]), lineOf(doc.Components.Responses[b.Name]))
	})
	return errors
}

func newResponse(status, name string, written *openapi3.Response) Response {
	response := Response{Status: status, Name: name, Description: strings.TrimSpace(*written.Description)}
	for _, content := range written.Content {
		response.Content = content
	}
	codes, _ := written.Extensions["x-codes"].([]any)
	for _, code := range codes {
		response.Codes = append(response.Codes, fault.Code(fmt.Sprint(code)))
	}
	return response
}

func lineOf(ref *openapi3.ResponseRef) int {
	if ref.Ref != "" {
		return line(ref.Origin)
	}
	return line(ref.Value.Origin)
}

func line(origin *openapi3.Origin) int {
	if origin == nil || origin.Key == nil {
		return 0
	}
	return origin.Key.Line
}

// Name returns what a reference names, or nothing.
func Name(ref string) string {
	if ref == "" {
		return ""
	}
	return path.Base(ref)
}

// Fields returns an object's properties, as written.
func Fields(schema *openapi3.Schema) []Field {
	fields := make([]Field, 0, len(schema.Properties))
	for _, name := range InOrder(schema.Properties) {
		fields = append(fields, Field{Name: name, Schema: schema.Properties[name], Required: isRequired(schema, name)})
	}
	return fields
}

// InOrder returns the names of schemas, as written.
func InOrder(schemas openapi3.Schemas) []string {
	at := func(name string) int {
		if ref := schemas[name]; ref.Ref != "" {
			return line(ref.Origin)
		}
		return line(schemas[name].Value.Origin)
	}
	return slices.SortedFunc(maps.Keys(schemas), func(a, b string) int { return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b)) })
}
