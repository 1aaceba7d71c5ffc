package mcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/jsonschema-go/jsonschema"
)

// maxDepth is more than any request nests; a schema that refers to itself nests for ever.
const maxDepth = 16

// translate writes a schema of OpenAPI 3.0 as one of JSON Schema 2020-12 that refers to nothing outside of itself and has
// no keyword that JSON Schema does not know, since clients may be strict about either.
func translate(ref *openapi3.SchemaRef) (*jsonschema.Schema, error) { return translateAt(ref, 0) }

func translateAt(ref *openapi3.SchemaRef, depth int) (*jsonschema.Schema, error) {
	if depth > maxDepth {
		return nil, errors.New("its schema is nested too deeply, or refers to itself")
	}
	schema, err := translateKeywords(ref.Value)
	if err != nil {
		return nil, err
	}
	if schema.Items, err = translateOptional(ref.Value.Items, depth); err != nil {
		return nil, err
	}
	if schema.Not, err = translateOptional(ref.Value.Not, depth); err != nil {
		return nil, err
	}
	for _, list := range []struct {
		from openapi3.SchemaRefs
		to   *[]*jsonschema.Schema
	}{{ref.Value.AllOf, &schema.AllOf}, {ref.Value.AnyOf, &schema.AnyOf}, {ref.Value.OneOf, &schema.OneOf}} {
		for _, each := range list.from {
			translated, err := translateAt(each, depth+1)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, translated)
		}
	}
	return schema, translateProperties(ref.Value, schema, depth)
}

func translateOptional(ref *openapi3.SchemaRef, depth int) (*jsonschema.Schema, error) {
	if ref == nil {
		return nil, nil
	}
	return translateAt(ref, depth+1)
}

// translateProperties puts required properties first, as the spec lists them.
func translateProperties(from *openapi3.Schema, to *jsonschema.Schema, depth int) error {
	for _, name := range slices.Concat(from.Required, slices.Sorted(maps.Keys(from.Properties))) {
		if slices.Contains(to.PropertyOrder, name) {
			continue
		}
		property, declared := from.Properties[name]
		if !declared {
			return fmt.Errorf("%s is required but no property", name)
		}
		translated, err := translateAt(property, depth+1)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if to.Properties == nil {
			to.Properties = map[string]*jsonschema.Schema{}
		}
		to.Properties[name] = translated
		to.PropertyOrder = append(to.PropertyOrder, name)
	}
	return nil
}

// translateKeywords translates the keywords that contain no schemas. Most are the same in both. One with the same spelling
// and another type fails to decode.
func translateKeywords(from *openapi3.Schema) (*jsonschema.Schema, error) {
	same := *from
	same.Items, same.Not, same.AllOf, same.AnyOf, same.OneOf, same.Properties = nil, nil, nil, nil, nil, nil
	same.Nullable, same.Example, same.Discriminator, same.XML, same.ExternalDocs = false, nil, nil, nil, nil
	same.Extensions = nil
	if same.AdditionalProperties.Schema != nil {
		return nil, errors.New("additionalProperties must be true or false")
	}
	if !slices.Contains([]string{"uuid", "date-time", "date", "email", "uri"}, same.Format) {
		same.Format = "" // one of OpenAPI's, or ours
	}
	if from.Extensions["x-pattern-message"] != nil {
		// The description says in words what the pattern asks for, and so does the API's refusal. To a model the pattern is
		// just long, and not every client's dialect of patterns can read all of them.
		same.Pattern = ""
	}
	same.Description = strings.TrimSpace(same.Description)
	encoded, err := json.Marshal(&same)
	if err != nil {
		return nil, err
	}
	schema := &jsonschema.Schema{}
	if err := json.Unmarshal(encoded, schema); err != nil {
		return nil, fmt.Errorf("its schema is none of JSON Schema: %w", err)
	}
	if from.Example != nil && from.Enum == nil {
		schema.Examples = []any{from.Example}
	}
	if from.Nullable {
		schema.Types, schema.Type = []string{schema.Type, "null"}, ""
		if schema.Enum != nil {
			schema.Enum = append(schema.Enum, nil)
		}
	}
	return schema, nil
}
