package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// sample is an example of a body.
type sample struct{ Caption, Language, Text string }

// samples returns the spec's examples of a body, or else one made of the examples of its fields.
func samples(caption string, media *openapi3.MediaType) []sample {
	switch {
	case media == nil:
		return nil
	case media.Schema.Value.Type.Is("string"):
		return []sample{{caption, "", strings.TrimSpace(fmt.Sprint(media.Example))}}
	case len(media.Examples) == 0:
		return []sample{{caption, "json", write(media.Schema.Value, media.Example, "")}}
	}
	var all []sample
	for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
		example := media.Examples[name].Value
		all = append(all, sample{caption + ": " + cmp.Or(example.Summary, name), "json", write(media.Schema.Value, example.Value, "")})
	}
	return all
}

// write writes a value as JSON, with its fields in the order of the spec. Without a value it writes the schema's example, or
// makes one.
func write(schema *openapi3.Schema, value any, indent string) string {
	if value == nil {
		value = schema.Example
	}
	fields, isObject := value.(map[string]any)
	items, isList := value.([]any)
	switch {
	case isObject:
		return writeObject(schema, fields, indent)
	case isList:
		return writeList(schema, items, indent)
	case value == nil && schema.Type.Is("object") && !schema.Nullable:
		return writeObject(schema, nil, indent)
	case value == nil && schema.Type.Is("array"):
		return writeList(schema, []any{nil}, indent)
	}
	return scalar(schema, value)
}

// writeObject writes the given fields, even those unknown to the schema, or else all fields of the schema.
func writeObject(schema *openapi3.Schema, given map[string]any, indent string) string {
	deeper := indent + "  "
	var lines []string
	add := func(name string, value string) { lines = append(lines, fmt.Sprintf("%s%q: %s", deeper, name, value)) }
	for _, field := range spec.Fields(schema) {
		switch value, has := given[field.Name]; {
		case has && value == nil:
			add(field.Name, "null")
		case has || given == nil:
			add(field.Name, write(field.Schema.Value, value, deeper))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if schema.Properties[name] == nil {
			add(name, write(&openapi3.Schema{}, given[name], deeper))
		}
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n" + indent + "}"
}

func writeList(schema *openapi3.Schema, items []any, indent string) string {
	of := &openapi3.Schema{}
	if schema.Items != nil {
		of = schema.Items.Value
	}
	texts := make([]string, len(items))
	for n, item := range items {
		texts[n] = write(of, item, indent)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func scalar(schema *openapi3.Schema, value any) string {
	if value == nil && len(schema.Enum) > 0 {
		value = schema.Enum[0]
	}
	if value == nil {
		value = schema.Default
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "null" // every value decoded from YAML can be encoded as JSON
	}
	return string(text)
}
