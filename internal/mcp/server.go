package mcp

import (
	"log/slog"
	"net/http"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// server makes a server of tools. api takes requests whose URLs are paths, and adds the credentials.
func (c *Catalog) server(tools []*tool, api http.RoundTripper, log *slog.Logger) (*sdk.Server, error) {
	names := c.namer(tools)
	server := sdk.NewServer(&sdk.Implementation{Name: "agentexchange", Title: "AgentExchange", Version: c.doc.Info.Version}, &sdk.ServerOptions{
		Instructions: names.Replace(c.instructions),
		Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}}, // the list does not change
		PageSize:     len(c.tools),                                            // some clients read no second page
		Logger:       log,
	})
	caller := &caller{api: api, names: names}
	for _, t := range tools {
		listed, err := t.listed(names)
		if err != nil {
			return nil, err
		}
		server.AddTool(listed, caller.handler(t))
	}
	return server, nil
}
