package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"text/template"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

// Parameters that the client handles alike in every call. They are options of a call, not arguments.
const (
	agentIDHeader        = "X-Agent-Id"
	idempotencyKeyHeader = "Idempotency-Key"
)

// addFunctions adds the functions that the templates use.
func addFunctions(doc *openapi3.T) {
	maps.Copy(codegen.TemplateFunctions, template.FuncMap{
		"version":      func() string { return doc.Info.Version },
		"goType":       goType,
		"fieldType":    fieldType,
		"fields":       fields,
		"fieldComment": fieldComment,
		"paramComment": paramComment,
		"typeComment":  typeComment,
		"method": func(op codegen.OperationDefinition) (method, error) {
			m, err := newMethod(doc, op)
			if err != nil {
				return m, fmt.Errorf("%s: %w", op.OperationId, err)
			}
			return m, nil
		},
		"errorName":    errorName,
		"constantName": constantName,
		"isText":       func(value string) bool { return value == "string" },
	})
}

// method holds what the template of a method needs.
type method struct {
	Name, Verb, Path, Auth            string
	TakesAgentID, TakesIdempotencyKey bool
	PathParams, QueryParams           []codegen.ParameterDefinition
	Body                              string // type of the body, or empty
	Answer                            string // type of the result, or empty
	Text                              bool   // the response is text and not JSON
	Page                              *page  // nil if the operation does not return pages
	Comment                           string
}

// page describes the iterator over the pages of a list.
type page struct {
	Name        string // of the iterator
	Items, Item string // the field that holds a page's items, and their type
}

func newMethod(doc *openapi3.T, op codegen.OperationDefinition) (method, error) {
	m := method{
		Name: op.OperationId, Verb: op.Method, Path: op.Path,
		PathParams: op.PathParams, QueryParams: op.QueryParams,
	}
	if len(op.CookieParams) > 0 {
		return m, errors.New("has a cookie parameter, which the client does not send")
	}
	for _, header := range op.HeaderParams {
		switch header.ParamName {
		case agentIDHeader:
			m.TakesAgentID = true
		case idempotencyKeyHeader:
			m.TakesIdempotencyKey = true
		default:
			return m, fmt.Errorf("has the header parameter %s, which the client does not send", header.ParamName)
		}
	}
	m.Auth = auth(op)
	for _, read := range []func(*openapi3.Operation) error{m.readBody, m.readAnswer, m.readPage} {
		if err := read(op.Spec); err != nil {
			return m, err
		}
	}
	if err := m.checkRepeatable(op.Spec); err != nil {
		return m, err
	}
	m.Comment = comment(m.describe(doc, op.Spec))
	return m, nil
}

// auth returns the name of the constant for the credentials that the operation takes.
func auth(op codegen.OperationDefinition) string {
	needs := map[string]bool{}
	for _, scheme := range op.SecurityDefinitions {
		needs[scheme.ProviderName] = true
	}
	switch {
	case len(needs) == 0:
		return "authNone"
	case needs["ApiKeyAuth"]:
		return "authKey"
	default:
		return "authToken"
	}
}

func (m *method) readBody(op *openapi3.Operation) error {
	if op.RequestBody == nil {
		return nil
	}
	content := op.RequestBody.Value.Content["application/json"]
	if content == nil || !op.RequestBody.Value.Required {
		return errors.New("has a body that is not JSON or may be left out, which the client does not send")
	}
	var err error
	m.Body, err = refType(content.Schema)
	return err
}

// readAnswer reads the type of the result, which must be the same for every success status.
func (m *method) readAnswer(op *openapi3.Operation) error {
	answers := map[string]bool{}
	for status, response := range op.Responses.Map() {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		for media, content := range response.Value.Content {
			m.Text = strings.HasPrefix(media, "text/")
			m.Answer = "string"
			if !m.Text {
				var err error
				if m.Answer, err = refType(content.Schema); err != nil {
					return err
				}
			}
			answers[m.Answer] = true
		}
	}
	if len(answers) > 1 {
		return errors.New("returns several types")
	}
	return nil
}

// readPage determines whether the operation returns pages: it takes limit and offset, and returns one array and the
// total.
func (m *method) readPage(op *openapi3.Operation) error {
	if op.Parameters.GetByInAndName("query", "limit") == nil || op.Parameters.GetByInAndName("query", "offset") == nil {
		return nil
	}
	schema := op.Responses.Value("200").Value.Content["application/json"].Schema.Value
	m.Page = &page{Name: "All" + strings.TrimPrefix(m.Name, "List")}
	for name, property := range schema.Properties {
		if !property.Value.Type.Is("array") {
			continue
		}
		if m.Page.Items != "" {
			return errors.New("takes limit and offset, but returns several arrays")
		}
		item, err := refType(property.Value.Items)
		if err != nil {
			return err
		}
		m.Page.Items, m.Page.Item = codegen.SchemaNameToTypeName(name), item
	}
	if m.Page.Items == "" || schema.Properties["total"] == nil {
		return errors.New("takes limit and offset, but does not return an array and the total")
	}
	return nil
}

// checkRepeatable checks that a call may be repeated after its response was lost, because the client repeats all calls:
// an operation that creates something must take an Idempotency-Key.
func (m *method) checkRepeatable(op *openapi3.Operation) error {
	if m.Verb == http.MethodPost && !m.TakesIdempotencyKey && op.Responses.Value("201") != nil {
		return errors.New("creates something and takes no Idempotency-Key, so it could not be repeated")
	}
	return nil
}
