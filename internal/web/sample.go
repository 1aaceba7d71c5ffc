package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agentexchange/agentexchange/internal/web/outline"
	"github.com/getkin/kin-openapi/openapi3"
)

// sample is an example of a body.
type sample struct{ Caption, Language, Text string }

// samples answers the examples that the spec gives of a body, or else one that is made of those of its fields.
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

// write writes a value as JSON, its fields in the order of the spec. Where there is no value, the schema's example is
// taken, or one is made.
func write(schema *openapi3.Schema, value any, indent string) string {
	if value == nil {
		value = schema.Example
	}
	switch deeper := indent + "  "; {
	case schema.Type.Is("object") && (value != nil || !schema.Nullable):
		fields, given := value.(map[string]any)
		var lines []string
		for _, field := range outline.Fields(schema) {
			if each, has := fields[field.Name]; has || !given {
				lines = append(lines, fmt.Sprintf("%s%q: %s", deeper, field.Name, writeField(field.Schema.Value, each, given, deeper)))
			}
		}
		return "{\n" + strings.Join(lines, ",\n") + "\n" + indent + "}"
	case schema.Type.Is("array"):
		items, given := value.([]any)
		if !given {
			items = []any{nil}
		}
		texts := make([]string, len(items))
		for n, item := range items {
			texts[n] = write(schema.Items.Value, item, indent)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	}
	return scalar(schema, value)
}

// writeField writes a field, for which null may have been given.
func writeField(schema *openapi3.Schema, value any, given bool, indent string) string {
	if given && value == nil {
		return "null"
	}
	return write(schema, value, indent)
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
		return "null" // what came out of YAML goes into JSON
	}
	return string(text)
}
