// Package mcp serves operations of the API as tools of the Model Context Protocol: over standard input and output for a
// client that starts a process, and over HTTP for one that does not. A tool is called by the operation's own HTTP
// request, so it is validated, authorized and limited like every other call.
package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Names that stand for more than one toolset.
const (
	toolsetDefault = "default" // the tools that the spec marks so
	toolsetAll     = "all"
)

// Operations that are called whether they are tools or not.
const (
	whoAmI = "getAccountInfo"
	logIn  = "login"
)

// Catalog is every tool that the spec offers.
type Catalog struct {
	tools        []*tool
	toolsets     []string
	operations   map[string]operation // all there are, by operationId
	version      string               // the API's
	instructions string
}

// operation is how the API is called.
type operation struct{ method, path string }

// String is how the API's texts name it: GET /api/v1/agents.
func (o operation) String() string { return o.method + " " + o.path }

// Selection is which tools to serve.
type Selection struct {
	Toolsets []string // none: the default tools
	ReadOnly bool     // without those that change something
}

// extension is what the spec says of an operation that is a tool, in x-mcp. Its toolset is its tag.
type extension struct {
	Default  bool `json:"default"`  // served unless other toolsets are asked for
	Reads    bool `json:"reads"`    // changes nothing, although it is no GET
	Destroys bool `json:"destroys"` // takes something away, although it is no DELETE and no PUT
}

// NewCatalog reads the spec, or fails with the name of the operation that cannot be a tool.
func NewCatalog(doc *openapi3.T) (*Catalog, error) {
	c := &Catalog{operations: map[string]operation{}, version: doc.Info.Version, instructions: instructions(doc)}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			spec, called := operations[method], operation{method, path}
			c.operations[spec.OperationID] = called
			if err := c.add(called, slices.Concat(item.Parameters, spec.Parameters), spec, doc.Components.SecuritySchemes); err != nil {
				return nil, fmt.Errorf("openapi.yaml: %s (%s): %w", called, spec.OperationID, err)
			}
		}
	}
	slices.Sort(c.toolsets)
	for _, id := range []string{whoAmI, logIn} {
		if _, ok := c.operations[id]; !ok {
			return nil, fmt.Errorf("openapi.yaml: there is no operation %s", id)
		}
	}
	return c, nil
}

// add adds an operation, if the spec marks it as a tool.
func (c *Catalog) add(called operation, params openapi3.Parameters, spec *openapi3.Operation, schemes openapi3.SecuritySchemes) error {
	mark, marked := spec.Extensions["x-mcp"]
	if !marked {
		return nil
	}
	if len(spec.Tags) != 1 {
		return errors.New("a tool must have one tag, which is its toolset")
	}
	said, err := parseExtension(mark)
	if err != nil {
		return err
	}
	t, err := newTool(called, params, spec)
	if err != nil {
		return err
	}
	t.takesTokenOnly = takesTokenOnly(spec, schemes)
	t.toolset, t.byDefault = strings.ToLower(spec.Tags[0]), said.Default
	if err := t.judge(said); err != nil {
		return err
	}
	if c.tool(t.name) != nil {
		return fmt.Errorf("another tool is called %s", t.name)
	}
	c.tools = append(c.tools, t)
	if !slices.Contains(c.toolsets, t.toolset) {
		c.toolsets = append(c.toolsets, t.toolset)
	}
	return nil
}

// takesTokenOnly reports whether an operation has credentials and none of them is a key.
func takesTokenOnly(spec *openapi3.Operation, schemes openapi3.SecuritySchemes) bool {
	if spec.Security == nil || len(*spec.Security) == 0 {
		return false
	}
	for _, alternative := range *spec.Security {
		for name := range alternative {
			if scheme := schemes[name]; scheme != nil && scheme.Value.Type == "apiKey" {
				return false
			}
		}
	}
	return true
}

func parseExtension(mark any) (said extension, err error) {
	encoded, err := json.Marshal(mark)
	if err != nil {
		return said, fmt.Errorf("x-mcp: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&said); err != nil {
		return said, fmt.Errorf("x-mcp must be an object of default, reads and destroys, each true or false: %w", err)
	}
	return said, nil
}

// judge decides what a call of the tool does, by its method and by what the extension says beyond that.
func (t *tool) judge(said extension) error {
	switch t.method {
	case http.MethodGet:
		t.reads = true
	case http.MethodPut, http.MethodDelete:
		t.destroys, t.repeatable = true, true
	case http.MethodPost:
		t.reads, t.destroys = said.Reads, said.Destroys
	}
	switch {
	case t.method != http.MethodPost && (said.Reads || said.Destroys):
		return errors.New("x-mcp: reads and destroys are for a POST; other methods say it themselves")
	case said.Reads && said.Destroys:
		return errors.New("x-mcp: a call that destroys something does not only read")
	case t.method == http.MethodPost && !t.reads && !t.takesIdempotencyKey:
		return errors.New("it changes something but takes no Idempotency-Key, so it could not be retried")
	}
	t.repeatable = t.repeatable || t.reads
	return nil
}

// tool answers the tool of a name, or nil.
func (c *Catalog) tool(name string) *tool {
	for _, t := range c.tools {
		if t.name == name {
			return t
		}
	}
	return nil
}

// find answers the tools of a selection, in the catalog's order. Its error says what would be a selection.
func (c *Catalog) find(s Selection) ([]*tool, error) {
	for _, name := range s.Toolsets {
		if name != toolsetDefault && name != toolsetAll && !slices.Contains(c.toolsets, name) {
			return nil, fmt.Errorf("must be one or more of %s, %s, %s, separated by commas",
				toolsetDefault, toolsetAll, strings.Join(c.toolsets, ", "))
		}
	}
	var found []*tool
	for _, t := range c.tools {
		asked := slices.Contains(s.Toolsets, toolsetAll) || slices.Contains(s.Toolsets, t.toolset) ||
			t.byDefault && (len(s.Toolsets) == 0 || slices.Contains(s.Toolsets, toolsetDefault))
		if asked && (t.reads || !s.ReadOnly) {
			found = append(found, t)
		}
	}
	return found, nil
}

// namer rewrites the API's texts for somebody who has tools and no HTTP: GET /api/v1/market/pairs becomes list_pairs.
// What is not served keeps its name.
func (c *Catalog) namer(served []*tool) *strings.Replacer {
	names := map[string]string{}
	for _, called := range c.operations {
		names[called.String()] = called.String()
	}
	for _, t := range served {
		names[t.String()] = t.name
	}
	calls := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return len(b) - len(a) }) // none may hide a longer one
	var pairs []string
	for _, call := range calls {
		pairs = append(pairs, call, names[call])
	}
	return strings.NewReplacer(pairs...)
}

// instructions tell a model what the tools have in common.
func instructions(doc *openapi3.T) string {
	return "These tools are operations of " + doc.Info.Title + ", whose description follows. What it says of " +
		"credentials, Idempotency-Key and HTTP is taken care of. A refusal is an answer with an error: its message says " +
		"what to do.\n\n" + doc.Info.Description
}
