package spec

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// kin-openapi does not check these formats by itself.
func init() {
	uuidText := regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(text string) error {
		if !uuidText.MatchString(text) {
			return errors.New("not a UUID")
		}
		return nil
	}))
	openapi3.DefineStringFormatValidator("email", openapi3.NewCallbackValidator(func(text string) error {
		address, err := mail.ParseAddress(text)
		if err != nil || address.Address != text || strings.ContainsFunc(text, isControl) {
			return errors.New("not an e-mail address")
		}
		return nil
	}))
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// violationsOf flattens what the validator found, below the field at prefix. Messages never repeat a value that was sent:
// it could be a secret.
func violationsOf(err error, prefix string) []fault.Violation {
	// errors.As would find the first of several and lose the others.
	switch err := err.(type) { //nolint:errorlint // see above
	case nil:
		return nil
	case openapi3.MultiError:
		var violations []fault.Violation
		for _, each := range err {
			violations = append(violations, violationsOf(each, prefix)...)
		}
		return violations
	case *openapi3filter.RequestError:
		return requestViolations(err, prefix)
	case *openapi3.SchemaError:
		field := prefix + pointer(err.JSONPointer()...)
		return []fault.Violation{{Field: field + pointer(unknownField(err)...), Message: messageOf(err)}}
	default:
		return []fault.Violation{{Field: prefix, Message: "cannot be read"}}
	}
}

func requestViolations(err *openapi3filter.RequestError, prefix string) []fault.Violation {
	var unreadable *openapi3filter.ParseError
	switch {
	case errors.Is(err.Err, openapi3filter.ErrInvalidRequired):
		return []fault.Violation{{Field: prefix, Message: "is required"}}
	case errors.Is(err.Err, openapi3filter.ErrInvalidEmptyValue):
		return []fault.Violation{{Field: prefix, Message: "must not be empty"}}
	case errors.As(err.Err, &unreadable):
		return []fault.Violation{{Field: prefix, Message: "must be " + typeName(err.Parameter.Schema.Value)}}
	}
	return violationsOf(err.Err, prefix)
}

// messageOf says what the field must be, from its schema.
func messageOf(err *openapi3.SchemaError) string {
	schema := err.Schema
	switch err.SchemaField {
	case "type":
		if message, ok := schema.Extensions["x-pattern-message"].(string); ok && schema.Format == "decimal-string" {
			return message // a client that sent a number learns how to write it
		}
		return "must be " + typeName(schema)
	case "nullable":
		return "must not be null"
	case "required":
		return "is required"
	case "properties":
		return "is not a field of this call"
	case "minLength":
		if schema.MinLength == 1 {
			return "must not be empty or blank"
		}
		return fmt.Sprintf("must have at least %d characters", schema.MinLength)
	case "maxLength":
		return fmt.Sprintf("must have at most %d characters", *schema.MaxLength)
	case "maxItems":
		return fmt.Sprintf("must have at most %d entries", *schema.MaxItems)
	case "minimum":
		return fmt.Sprintf("must be at least %v", *schema.Min)
	case "maximum":
		return fmt.Sprintf("must be at most %v", *schema.Max)
	case "pattern":
		if message, ok := schema.Extensions["x-pattern-message"].(string); ok {
			return message
		}
		return "must match " + schema.Pattern
	case "format":
		return "must be a valid " + schema.Format
	case "enum":
		return fmt.Sprintf("must be one of %v", schema.Enum)
	default:
		return "breaks the limit " + err.SchemaField
	}
}

func typeName(schema *openapi3.Schema) string {
	if schema.Type == nil || len(*schema.Type) == 0 {
		return "of another type"
	}
	switch name := (*schema.Type)[0]; name {
	case openapi3.TypeInteger:
		if schema.Min != nil && schema.Max != nil {
			return fmt.Sprintf("an integer from %.0f to %.0f", *schema.Min, *schema.Max)
		}
		return "an integer"
	case openapi3.TypeArray, openapi3.TypeObject:
		return "an " + name
	case openapi3.TypeBoolean:
		return "true or false"
	default:
		return "a " + name
	}
}

// unknownField returns the name of a property that the schema does not have. The validator gives it only in its text.
func unknownField(err *openapi3.SchemaError) []string {
	if err.SchemaField != "properties" {
		return nil
	}
	quoted, _ := strconv.QuotedPrefix(strings.TrimPrefix(err.Reason, "property "))
	name, unreadable := strconv.Unquote(quoted)
	if unreadable != nil {
		return nil
	}
	return []string{name}
}

// pointer writes a JSON pointer (RFC 6901). Field names come from the client, so long ones are cut.
func pointer(path ...string) string {
	var out strings.Builder
	for _, step := range path {
		if runes := []rune(step); len(runes) > 100 {
			step = string(runes[:100]) + "…"
		}
		out.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step))
	}
	return out.String()
}
