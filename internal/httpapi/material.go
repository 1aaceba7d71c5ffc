package httpapi

import (
	"fmt"
	"sync"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/mcp"
	"github.com/agentexchange/agentexchange/internal/skill"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/agentexchange/agentexchange/internal/web"
)

// material is made from the spec. Nothing changes it, so all servers of a process share it: a test binary starts a
// hundred, and making it was most of the work of starting one.
type material struct {
	doc   *spec.Document
	guide *skill.Guide
	site  *web.Site
	tools *mcp.Catalog
	// defaultRisk holds the spec's default limits of an agent.
	defaultRisk api.RiskProfileOverrides
}

var fromSpec = sync.OnceValues(func() (*material, error) {
	doc, err := spec.Load()
	if err != nil {
		return nil, err
	}
	if err := checkEnums(doc); err != nil {
		return nil, err
	}
	made := &material{doc: doc}
	if err := doc.Defaults("RiskProfileOverrides", &made.defaultRisk); err != nil {
		return nil, err
	}
	if made.guide, err = skill.New(doc); err != nil {
		return nil, err
	}
	if made.site, err = web.New(doc); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	made.tools, err = mcp.NewCatalog(doc)
	return made, err
})
