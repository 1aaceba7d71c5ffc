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
	"unicode/utf8"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// maxViolations bounds an error's details: a body can break more limits than are worth reading.
const maxViolations = 200

// Check holds a request against its operation: first the parameters, of which path has those of the path, then the body.
// It returns a fault, which names every violation of both. Afterwards the request holds what was checked, trimmed and
// with the defaults filled in, and not the bytes that came: otherwise two readers of one body could disagree, for
// example about a field that it has twice.
func (o *Operation) Check(r *http.Request, path map[string]string, body []byte) error {
	violations := o.checkParameters(r, path)
	found, err := o.checkBody(r, body)
	if err != nil {
		return err
	}
	if violations = append(violations, found...); len(violations) > 0 {
		return fault.Invalid(atMost(maxViolations, violations)...)
	}
	return nil
}

func atMost(n int, violations []fault.Violation) []fault.Violation {
	if len(violations) <= n {
		return violations
	}
	return append(violations[:n:n], fault.Violation{Message: fmt.Sprintf("and %d more", len(violations)-n)})
}

// checkParameters also puts the trimmed values and the defaults into the request's query.
func (o *Operation) checkParameters(r *http.Request, path map[string]string) []fault.Violation {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return []fault.Violation{{Field: "/", Message: "the query string is not well encoded"}}
	}
	violations := o.checkQueryNames(query)
	r.URL.RawQuery = query.Encode()

	input := &openapi3filter.RequestValidationInput{
		Request: r, Route: o.route, PathParams: path,
		Options: &openapi3filter.Options{MultiError: true},
	}
	for _, param := range o.Parameters {
		if param.In == openapi3.ParameterInHeader && len(r.Header.Values(param.Name)) > 1 {
			violations = append(violations, fault.Violation{Field: "/" + param.Name, Message: "must be given once"})
			continue
		}
		err := openapi3filter.ValidateParameter(r.Context(), input, param)
		violations = append(violations, violationsOf(err, "/"+param.Name)...)
	}
	return violations
}

// checkQueryNames rejects parameters that the document does not name, and trims those that it says to trim.
func (o *Operation) checkQueryNames(query url.Values) []fault.Violation {
	var violations []fault.Violation
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		param, known := o.query[name]
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

// checkBody also puts the normalised body into the request. It fails if there is nothing that could be validated.
func (o *Operation) checkBody(r *http.Request, body []byte) ([]fault.Violation, error) {
	if o.Body == nil {
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
	schema := o.Body.Schema.Value
	value = normalise(schema, value)
	if err := schema.VisitJSON(value, openapi3.MultiErrors(), openapi3.VisitAsRequest()); err != nil {
		return violationsOf(err, ""), nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(encoded)), int64(len(encoded))
	r.Header.Set("Content-Type", mediaJSON) // however the client spelled it
	return nil, nil
}

func isJSON(header http.Header) bool {
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || mediaType != mediaJSON || header.Get("Content-Encoding") != "" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

// decodeBody reads one JSON value and nothing after it. It rejects bytes that are not UTF-8; encoding/json would replace
// them.
func decodeBody(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("not UTF-8")
	}
	var value any
	err := json.Unmarshal(body, &value)
	return value, err
}
