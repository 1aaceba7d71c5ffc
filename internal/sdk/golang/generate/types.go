package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// goTypes are the Go types of schemas without a type of their own, by type and format.
var goTypes = map[string]string{
	"boolean":               "bool",
	"integer":               "int",
	"integer int32":         "int",
	"integer int64":         "int64",
	"string":                "string",
	"string date-time":      "time.Time",
	"string decimal-string": "decimal.Decimal",
	"string email":          "string",
	"string password":       "Secret",
	"string uuid":           "string",
}

func refType(ref *openapi3.SchemaRef) (string, error) {
	schema, err := codegen.GenerateGoSchema(ref, []string{"Inline"})
	if err != nil {
		return "", err
	}
	return goType(schema)
}

// goType returns the Go type of a schema. Objects and enums have types of their own. Schemas that merely limit a string
// or a number do not, so that users need no conversions.
func goType(schema codegen.Schema) (string, error) {
	spec := schema.OAPISchema
	switch {
	case spec == nil:
		return schema.TypeDecl(), nil
	case spec.Type.Is("array"):
		item, err := refType(spec.Items)
		return "[]" + item, err
	case spec.Type.Is("object"), spec.Type.Is("string") && len(spec.Enum) > 0:
		return schema.TypeDecl(), nil
	}
	key := strings.TrimSpace(strings.Join(spec.Type.Slice(), " ") + " " + spec.Format)
	name, known := goTypes[key]
	if !known {
		return "", fmt.Errorf("no Go type is known for %q", key)
	}
	return name, nil
}

// fieldType returns the type of a field, which may be nullable, optional, or both.
func fieldType(property codegen.Property) (string, error) {
	name, err := goType(property.Schema)
	switch {
	case err != nil:
		return "", err
	case property.Nullable && !property.Required:
		return "Nullable[" + name + "]", nil
	case strings.HasPrefix(name, "[]"):
		return name, nil
	case property.Nullable || !property.Required:
		return "*" + name, nil
	default:
		return name, nil
	}
}

// fields returns the fields of an object: first the required ones, in the order of the spec's list.
func fields(schema codegen.Schema) []codegen.Property {
	place := func(property codegen.Property) int {
		at := slices.Index(schema.OAPISchema.Required, property.JsonFieldName)
		if at < 0 {
			return len(schema.OAPISchema.Required)
		}
		return at
	}
	return slices.SortedStableFunc(slices.Values(schema.Properties), func(a, b codegen.Property) int {
		return cmp.Compare(place(a), place(b))
	})
}
