package spec

import (
	"slices"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
)

// normalise returns the value with strings trimmed where the schema has x-trim, and with the defaults of optional fields
// that are absent. A null is not absent.
func normalise(schema *openapi3.Schema, value any) any {
	switch value := value.(type) {
	case string:
		if trim, _ := schema.Extensions["x-trim"].(bool); trim {
			return strings.TrimFunc(value, isBlank)
		}
	case []any:
		if schema.Items != nil {
			for i := range value {
				value[i] = normalise(schema.Items.Value, value[i])
			}
		}
	case map[string]any:
		normaliseFields(schema, value)
	}
	return value
}

// isBlank reports Unicode spaces. Tabs and line breaks are not blank: the schema's pattern rejects them.
func isBlank(r rune) bool { return unicode.Is(unicode.Zs, r) }

func normaliseFields(schema *openapi3.Schema, object map[string]any) {
	for name, property := range schema.Properties {
		field, present := object[name]
		if !present {
			fallback := property.Value.Default
			if fallback == nil || isRequired(schema, name) {
				continue
			}
			field = fallback
			if _, isObject := fallback.(map[string]any); isObject {
				field = map[string]any{} // a copy: the document's own map must not be filled
			}
		}
		object[name] = normalise(property.Value, field)
	}
}

func isRequired(schema *openapi3.Schema, name string) bool {
	return slices.Contains(schema.Required, name)
}
