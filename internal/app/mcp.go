package app

import (
	"context"
	"log/slog"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/mcp"
	"github.com/agentexchange/agentexchange/internal/spec"
)

// ServeMCP offers a server's API as MCP tools over standard input and output, until the client disconnects or ctx ends.
func ServeMCP(ctx context.Context, cfg config.MCP, log *slog.Logger) error {
	doc, err := spec.Load()
	if err != nil {
		return err
	}
	catalog, err := mcp.NewCatalog(doc)
	if err != nil {
		return err
	}
	return mcp.ServeStdio(ctx, catalog, mcp.Selection{Toolsets: cfg.Toolsets, ReadOnly: cfg.ReadOnly},
		mcp.Remote{BaseURL: cfg.BaseURL, Credential: cfg.APIKey, Secret: cfg.APISecret}, log)
}
