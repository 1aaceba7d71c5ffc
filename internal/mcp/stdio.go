package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/agentexchange/agentexchange/internal/fault"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// ServeStdio serves MCP over standard input and output until the client goes or ctx ends. First it asks the server
// whether it knows the credential, so that a person, and not a model, learns of a mistake in the set-up.
func ServeStdio(ctx context.Context, catalog *Catalog, s Selection, to Remote, log *slog.Logger) error {
	base, err := to.base()
	if err != nil {
		return err
	}
	api, err := to.api(base, catalog)
	if err != nil {
		return err
	}
	tools, err := catalog.find(s)
	if err != nil {
		return fmt.Errorf("--toolsets %w", err)
	}
	server, err := catalog.server(tools, api, log)
	if err != nil {
		return err
	}
	if err := to.check(ctx, base, catalog, api, log); err != nil {
		return err
	}
	to.warnOfKey(tools, log)
	session := newLines(os.Stdin, os.Stdout)                                           // an os.File takes each Write as a whole
	transport := &sdk.IOTransport{Reader: session, Writer: session, MaxLineLength: -1} // limited before the SDK reads it
	if err := server.Run(ctx, transport); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// check asks the server who the caller is. The tools report a state that may change, such as an archived agent.
func (to Remote) check(ctx context.Context, base *url.URL, catalog *Catalog, api http.RoundTripper, log *slog.Logger) error {
	me := catalog.doc.Operation(whoAmI)
	answer, err := (&caller{api: api}).sendOnce(ctx, &request{method: me.Method, path: me.Path})
	if err != nil {
		return fmt.Errorf("there is no answer from %s: %w; start the server with 'agentexchange serve', or set "+
			"AGENTEXCHANGE_BASE_URL to where it is", base.Redacted(), err)
	}
	said, isError := answer.failure()
	switch {
	case isError && answer.status == http.StatusUnauthorized:
		credentials := "AGENTEXCHANGE_API_KEY"
		if to.Secret != "" {
			credentials = "AGENTEXCHANGE_API_KEY, which must be the account's, with AGENTEXCHANGE_API_SECRET"
		}
		return fmt.Errorf("the server at %s does not accept %s: %s %s", base.Redacted(), credentials, said.Code, said.Message)
	case isError && said.Code == fault.NotFound:
		return fmt.Errorf("there is no API at %s; set AGENTEXCHANGE_BASE_URL to the server's address without a path, such as %s",
			base.Redacted(), &url.URL{Scheme: base.Scheme, Host: base.Host})
	case isError:
		log.Warn("the agent cannot act at the moment", "code", string(said.Code), "message", said.Message)
	case answer.status != http.StatusOK || !json.Valid(answer.body):
		return fmt.Errorf("what answers at %s, with status %d, is no AgentExchange server; set AGENTEXCHANGE_BASE_URL to one",
			base.Redacted(), answer.status)
	}
	return nil
}

// warnOfKey warns of the tools that will be refused because they need a token.
func (to Remote) warnOfKey(tools []*tool, log *slog.Logger) {
	if to.Secret != "" || isToken(to.Credential) {
		return
	}
	var refused []string
	for _, t := range tools {
		if t.op.Credentials.TokenOnly() {
			refused = append(refused, t.name)
		}
	}
	if refused != nil {
		log.Warn("some tools take no API key; set AGENTEXCHANGE_API_SECRET to the account's secret and AGENTEXCHANGE_API_KEY to "+
			"its key, or leave these tools out by --toolsets", "tools", strings.Join(refused, " "))
	}
}
