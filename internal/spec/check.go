package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// MaxViolations bounds an answer: a body can break more limits than anybody wants to read about.
const MaxViolations = 200

// AtMost cuts a list of violations.
func AtMost(n int, violations []fault.Violation) []fault.Violation {
	if len(violations) <= n {
		return violations
	}
	return append(violations[:n:n], fault.Violation{Message: fmt.Sprintf("and %d more", len(violations)-n)})
}

// CheckParameters also puts the trimmed values and the defaults into the request's query.
func (op *Operation) CheckParameters(r *http.Request, path map[string]string) []fault.Violation {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return []fault.Violation{{Field: "/", Message: "the query string is not well encoded"}}
	}
	violations := op.checkQueryNames(query)
	r.URL.RawQuery = query.Encode()

	input := &openapi3filter.RequestValidationInput{
		Request: r, Route: op.route, PathParams: path,
		Options: &openapi3filter.Options{MultiError: true},
	}
	for _, param := range op.params {
		if param.Value.In == openapi3.ParameterInHeader && len(r.Header.Values(param.Value.Name)) > 1 {
			violations = append(violations, fault.Violation{Field: "/" + param.Value.Name, Message: "must be given once"})
			continue
		}
		err := openapi3filter.ValidateParameter(r.Context(), input, param.Value)
		violations = append(violations, violationsOf(err, "/"+param.Value.Name)...)
	}
	return violations
}

// checkQueryNames refuses what the spec does not name, and trims what it says to trim.
func (op *Operation) checkQueryNames(query url.Values) []fault.Violation {
	var violations []fault.Violation
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		param, known := op.query[name]
		switch {
		case !known:
			violations = append(violations, fault.Violation{Field: pointer(name), Message: "is not a parameter of this call"})
			continue
		case len(values) > 1:
			violations = append(violations, fault.Violation{Field: pointer(name), Message: "must be given once"})
		case !utf8.ValidString(values[0]):
			violations = append(violations, fault.Violation{Field: pointer(name), Message: "must be UTF-8"})
		case values[0] != "" && param.Schema.Value.Type.Is(openapi3.TypeBoolean) && values[0] != "true" && values[0] != "false":
			// The validator would take 1, T and TRUE as well.
			violations = append(violations, fault.Violation{Field: pointer(name), Message: "must be true or false"})
		}
		query.Set(name, normalise(param.Schema.Value, values[0]).(string))
	}
	return violations
}

// CheckBody also puts the normalised body into the request. Its error is one that leaves nothing to validate.
func (op *Operation) CheckBody(r *http.Request, body []byte) ([]fault.Violation, error) {
	if op.body == nil {
		// An empty object says nothing, and some clients send one with every POST.
		if text := bytes.TrimSpace(body); len(text) > 0 && !bytes.Equal(text, []byte("{}")) {
			return []fault.Violation{{Message: "this call takes no body"}}, nil
		}
		return nil, nil
	}
	if len(body) == 0 {
		return []fault.Violation{{Message: "a JSON object is required"}}, nil
	}
	if !isJSON(r.Header) {
		return nil, fault.New(fault.UnsupportedMediaType)
	}
	value, err := decodeBody(body)
	if _, tooLarge := errors.AsType[*json.UnmarshalTypeError](err); tooLarge {
		return []fault.Violation{{Message: "holds a number that is too large"}}, nil
	}
	if err != nil {
		return nil, fault.New(fault.MalformedBody).Because(err)
	}
	value = normalise(op.body, value)
	if err := op.body.VisitJSON(value, openapi3.MultiErrors(), openapi3.VisitAsRequest()); err != nil {
		return violationsOf(err, ""), nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(encoded)), int64(len(encoded))
	r.Header.Set("Content-Type", "application/json") // however the client spelled it
	return nil, nil
}

func isJSON(header http.Header) bool {
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" || header.Get("Content-Encoding") != "" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

// decodeBody reads one JSON value and nothing after it. encoding/json would take bytes that are not UTF-8, and replace
// them.
func decodeBody(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("not UTF-8")
	}
	var value any
	err := json.Unmarshal(body, &value)
	return value, err
}

// normalise answers the value with strings trimmed where the schema has x-trim, and absent optional fields filled in
// where it has a default. A null is not absent.
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

// isBlank tells spaces of every width. A line break or a tab is none: it is for the pattern to refuse, wherever it stands.
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
				field = map[string]any{} // never the spec's own map: it is about to be filled
			}
		}
		object[name] = normalise(property.Value, field)
	}
}
