// Package spec reads openapi.yaml: its operations in the order in which they are written, the checks that a request has
// to pass, and what is needed to describe them. HTTP, MCP, the skill file, the pages and the tests share one Document.
// The package knows none of them.
package spec

import (
	"cmp"
	"context"
	_ "embed" // of the document
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// YAML is openapi.yaml as it is written.
//
//go:embed openapi.gen.yaml
var YAML []byte

// Document is the API's description, read and checked.
type Document struct {
	*openapi3.T
	Operations []*Operation // in the order in which they are written
	Sections   []Section    // the same by tag
	Errors     []Response   // the error responses that operations share, as written; without a status

	byID map[string]*Operation
}

// Section is a tag and its operations.
type Section struct {
	Name, Description string
	Operations        []*Operation
}

// Load reads the embedded openapi.yaml.
func Load() (*Document, error) {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true // the lines, which tell the order in which the document is written
	doc, err := loader.LoadFromData(YAML)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	// A test checks the examples; a server need not do so at every start.
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return New(doc)
}

// New reads every operation of a document, or fails with the name of one that is incomplete: an operation that does not
// name its security, for example, must not be served without any.
func New(doc *openapi3.T) (*Document, error) {
	d := &Document{T: doc, Errors: sharedErrors(doc), byID: map[string]*Operation{}}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Value(path)
		methods := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			written := methods[method]
			op, err := newOperation(doc, path, method, item, written)
			if err != nil {
				return nil, fmt.Errorf("openapi.yaml: %s %s (%s): %w", method, path, written.OperationID, err)
			}
			if d.byID[op.ID] != nil {
				return nil, fmt.Errorf("openapi.yaml: two operations are called %s", op.ID)
			}
			d.byID[op.ID] = op
			d.Operations = append(d.Operations, op)
		}
	}
	slices.SortStableFunc(d.Operations, func(a, b *Operation) int { return cmp.Compare(a.line, b.line) })
	d.Sections = sectionsOf(doc.Tags, d.Operations)
	return d, nil
}

func sectionsOf(tags openapi3.Tags, operations []*Operation) []Section {
	sections := make([]Section, len(tags))
	for n, tag := range tags {
		sections[n] = Section{Name: tag.Name, Description: strings.TrimSpace(tag.Description)}
		for _, op := range operations {
			if op.Tag == tag.Name {
				sections[n].Operations = append(sections[n].Operations, op)
			}
		}
	}
	return sections
}

// Operation returns the operation with this operationId, or nil.
func (d *Document) Operation(id string) *Operation { return d.byID[id] }

// Defaults fills in a value from the defaults of a schema's properties.
func (d *Document) Defaults(schema string, value any) error {
	encoded, err := json.Marshal(normalise(d.Components.Schemas[schema].Value, map[string]any{}))
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, value)
}
