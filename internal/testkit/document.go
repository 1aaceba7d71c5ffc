package testkit

import (
	"strconv"
	"sync"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// Spec is the API's document, parsed once.
var Spec = sync.OnceValue(loadSpec)

// StrictSpec is the document with the objects of its answers closed. Clients have to bear fields that they do not know,
// which is how an answer may grow; this server has to declare each of them.
var StrictSpec = sync.OnceValue(func() *openapi3.T {
	doc := loadSpec()
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, response := range op.Responses.Map() {
				for _, media := range response.Value.Content {
					closeObjects(media.Schema.Value)
				}
			}
		}
	}
	return doc.T
})

func loadSpec() *spec.Document {
	doc, err := spec.Load()
	if err != nil {
		panic(err)
	}
	return doc
}

// declaredCodes returns the codes that an operation's response of this status may have.
func declaredCodes(operationID string, status int) []string {
	var declared spec.Response
	for _, response := range Spec().Operation(operationID).Responses {
		if response.Status == strconv.Itoa(status) || response.Status == "default" && declared.Status == "" {
			declared = response
		}
	}
	var codes []string
	for _, code := range declared.Codes {
		codes = append(codes, string(code))
	}
	return codes
}

// closeObjects refuses fields that a schema does not describe, unless it says whether it takes them. Those of requests
// all say so, which is why a schema that is also part of an answer means the same as before.
func closeObjects(schema *openapi3.Schema) {
	if len(schema.AllOf)+len(schema.AnyOf)+len(schema.OneOf) > 0 {
		panic("an object that is composed cannot be closed part by part")
	}
	for _, property := range schema.Properties {
		closeObjects(property.Value)
	}
	if schema.Items != nil {
		closeObjects(schema.Items.Value)
	}
	open := schema.AdditionalProperties
	if schema.Type.Is(openapi3.TypeObject) && open.Has == nil && open.Schema == nil {
		closed := false
		schema.AdditionalProperties.Has = &closed
	}
}
