// Package mcp serves operations of the API as tools of the Model Context Protocol: over standard input and output for a
// client that starts a process, and over HTTP for one that does not. A tool is called by the operation's own HTTP
// request, so it is validated, authorized and limited like every other call.
package mcp

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/agentexchange/agentexchange/internal/spec"
)

// Names that stand for more than one toolset.
const (
	toolsetDefault = "default" // the tools that the spec marks so
	toolsetAll     = "all"
)

// Operations that the package itself calls, whether they are tools or not.
const (
	whoAmI = "getAccountInfo"
	logIn  = "login"
)

// Catalog is every tool that the API offers.
type Catalog struct {
	doc          *spec.Document
	tools        []*tool
	toolsets     []string
	instructions string
}

// Selection is which tools to serve.
type Selection struct {
	Toolsets []string // none: the default tools
	ReadOnly bool     // without those that change something
}

// NewCatalog makes the tools of a document, or fails with the name of the operation that cannot be one.
func NewCatalog(doc *spec.Document) (*Catalog, error) {
	c := &Catalog{doc: doc, instructions: instructions(doc)}
	for _, op := range slices.SortedFunc(slices.Values(doc.Operations), byPath) {
		if op.Tool == nil {
			continue
		}
		if err := c.add(op); err != nil {
			return nil, fmt.Errorf("openapi.yaml: %s (%s): %w", op, op.ID, err)
		}
	}
	slices.Sort(c.toolsets)
	for _, id := range []string{whoAmI, logIn} {
		if doc.Operation(id) == nil {
			return nil, fmt.Errorf("openapi.yaml: there is no operation %s", id)
		}
	}
	return c, nil
}

func byPath(a, b *spec.Operation) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
}

func (c *Catalog) add(op *spec.Operation) error {
	t, err := newTool(op)
	if err != nil {
		return err
	}
	if err := t.judge(op.Tool); err != nil {
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

// judge decides what a call of the tool does, by its method and by what the document says beyond that.
func (t *tool) judge(said *spec.Tool) error {
	switch t.op.Method {
	case http.MethodGet:
		t.reads = true
	case http.MethodPut, http.MethodDelete:
		t.destroys, t.repeatable = true, true
	case http.MethodPost:
		t.reads, t.destroys = said.Reads, said.Destroys
	}
	switch {
	case t.op.Method != http.MethodPost && (said.Reads || said.Destroys):
		return errors.New("x-mcp: reads and destroys are for a POST; other methods say it themselves")
	case said.Reads && said.Destroys:
		return errors.New("x-mcp: a call that destroys something does not only read")
	case t.op.Method == http.MethodPost && !t.reads && !t.op.Idempotent:
		return errors.New("it changes something but takes no Idempotency-Key, so it could not be retried")
	}
	t.repeatable = t.repeatable || t.reads
	return nil
}

// tool returns the tool of a name, or nil.
func (c *Catalog) tool(name string) *tool {
	for _, t := range c.tools {
		if t.name == name {
			return t
		}
	}
	return nil
}

// find returns the tools of a selection, in the catalog's order. Its error says what a selection may be.
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
			t.op.Tool.Default && (len(s.Toolsets) == 0 || slices.Contains(s.Toolsets, toolsetDefault))
		if asked && (t.reads || !s.ReadOnly) {
			found = append(found, t)
		}
	}
	return found, nil
}

// namer rewrites the API's texts for a client that has tools and no HTTP: GET /api/v1/market/pairs becomes list_pairs.
// Operations that are not served keep their names.
func (c *Catalog) namer(served []*tool) *strings.Replacer {
	names := map[string]string{}
	for _, op := range c.doc.Operations {
		names[op.String()] = op.String()
	}
	for _, t := range served {
		names[t.op.String()] = t.name
	}
	calls := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return len(b) - len(a) }) // longest first, so that none hides a longer one
	var pairs []string
	for _, call := range calls {
		pairs = append(pairs, call, names[call])
	}
	return strings.NewReplacer(pairs...)
}

// instructions tell a model what the tools have in common.
func instructions(doc *spec.Document) string {
	return "These tools are operations of " + doc.Info.Title + ", whose description follows. What it says of " +
		"credentials, Idempotency-Key and HTTP is taken care of. A refusal is an answer with an error: its message says " +
		"what to do.\n\n" + doc.Info.Description
}
