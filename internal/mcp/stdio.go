package mcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Remote is a server elsewhere, and who calls it.
type Remote struct {
	BaseURL    string
	Credential string // an API key, or a token
}

// requestTimeout is longer than a server works on a request.
const requestTimeout = 30 * time.Second

// ServeStdio serves MCP over standard input and output until the client goes or ctx ends. Before it begins it asks the
// server whether it knows the credential: a mistake in the set-up is told to whoever made it, not to a model.
func ServeStdio(ctx context.Context, catalog *Catalog, s Selection, to Remote, log *slog.Logger) error {
	api, err := newRemoteAPI(to)
	if err != nil {
		return err
	}
	server, err := catalog.server(s, api, log)
	if err != nil {
		return fmt.Errorf("--toolsets %w", err)
	}
	if err := api.check(ctx, catalog, log); err != nil {
		return err
	}
	// An os.File takes each Write as a whole. Lines are limited before the SDK reads them.
	transport := &sdk.IOTransport{Reader: newMessageReader(os.Stdin, os.Stdout), Writer: os.Stdout, MaxLineLength: -1}
	if err := server.Run(ctx, transport); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// remoteAPI sends requests to a server.
type remoteAPI struct {
	base        *url.URL
	name, value string // of the header that holds the credential
	client      *http.Client
}

func newRemoteAPI(to Remote) (*remoteAPI, error) {
	base, err := url.Parse(strings.TrimRight(strings.TrimSuffix(strings.TrimRight(to.BaseURL, "/"), "/api/v1"), "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("AGENTEXCHANGE_BASE_URL must look like https://exchange.example.com")
	}
	a := &remoteAPI{base: base, name: headerAPIKey, value: to.Credential, client: &http.Client{
		Timeout: requestTimeout,
		// The credential goes nowhere but where it was meant to go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	switch {
	case to.Credential == "":
		return nil, errors.New("AGENTEXCHANGE_API_KEY is not set; set it to the API key of the agent that is to trade, " +
			"which the server told when the agent was created")
	case strings.HasPrefix(to.Credential, string(auth.KindAPISecret)):
		return nil, fmt.Errorf("AGENTEXCHANGE_API_KEY holds a secret; set it to the key, which begins with %s", auth.KindAPIKey)
	case isToken(to.Credential):
		a.name, a.value = headerAuthorization, "Bearer "+to.Credential
	default:
		if _, err := auth.ParseKey(to.Credential, auth.KindAPIKey); err != nil {
			return nil, errors.New("AGENTEXCHANGE_API_KEY is not an API key; check it for missing or mistaken characters")
		}
	}
	return a, nil
}

func isToken(credential string) bool { return strings.Count(credential, ".") == 2 }

// RoundTrip implements http.RoundTripper for a request whose URL is a path.
func (a *remoteAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	target, err := a.base.Parse(a.base.Path + r.URL.String())
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL = target
	r.Header.Set(a.name, a.value)
	return a.client.Do(r)
}

// check asks the server who the caller is. That an agent is archived, for instance, is the tools' to say: it may change.
func (a *remoteAPI) check(ctx context.Context, catalog *Catalog, log *slog.Logger) error {
	whoAmI := catalog.tool("get_account_info")
	if whoAmI == nil {
		return errors.New("openapi.yaml: there is no tool get_account_info")
	}
	answer, err := (&caller{api: a}).sendOnce(ctx, &request{method: whoAmI.method, path: whoAmI.path})
	if err != nil {
		return fmt.Errorf("there is no answer from %s: %w; start the server with 'agentexchange serve', or set "+
			"AGENTEXCHANGE_BASE_URL to where it is", a.base.Redacted(), err)
	}
	said, isError := answer.failure()
	switch {
	case isError && answer.status == http.StatusUnauthorized:
		return fmt.Errorf("the server at %s does not accept AGENTEXCHANGE_API_KEY: %s %s", a.base.Redacted(), said.Code, said.Message)
	case isError && said.Code == fault.NotFound:
		return fmt.Errorf("there is no API at %s; set AGENTEXCHANGE_BASE_URL to the server's address without a path, such as %s",
			a.base.Redacted(), &url.URL{Scheme: a.base.Scheme, Host: a.base.Host})
	case isError:
		log.Warn("the agent cannot act at the moment", "code", string(said.Code), "message", said.Message)
	case answer.status != http.StatusOK:
		return fmt.Errorf("what answers at %s, with status %d, is no AgentExchange server; set AGENTEXCHANGE_BASE_URL to one",
			a.base.Redacted(), answer.status)
	}
	return nil
}
