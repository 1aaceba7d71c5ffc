package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/spec"
)

// Remote is a server elsewhere, and the credential to call it with.
type Remote struct {
	BaseURL    string
	Credential string // an API key, or a token
	Secret     string // of the account whose key the credential is; with it the key logs in
}

// requestTimeout is longer than a server works on a request.
const requestTimeout = 30 * time.Second

// base is the server's address; the API's own address names it, too.
func (to Remote) base() (*url.URL, error) {
	base, err := url.Parse(strings.TrimRight(strings.TrimSuffix(strings.TrimRight(to.BaseURL, "/"), "/api/v1"), "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("AGENTEXCHANGE_BASE_URL must look like https://exchange.example.com")
	}
	return base, nil
}

// api returns what calls the server with the credentials, or fails with what is wrong with them.
func (to Remote) api(base *url.URL, catalog *Catalog) (http.RoundTripper, error) {
	api := &remoteAPI{base: base, client: &http.Client{
		Timeout: requestTimeout,
		// The credential goes only to the server it is meant for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	switch {
	case to.Credential == "":
		return nil, errors.New("AGENTEXCHANGE_API_KEY is not set; set it to the API key of the agent that is to trade, " +
			"which the server told when the agent was created")
	case strings.HasPrefix(to.Credential, string(auth.KindAPISecret)):
		return nil, fmt.Errorf("AGENTEXCHANGE_API_KEY holds a secret; set it to the key, which begins with %s", auth.KindAPIKey)
	case isToken(to.Credential) && to.Secret != "":
		return nil, errors.New("AGENTEXCHANGE_API_KEY holds a token; set it to the account's API key, or leave AGENTEXCHANGE_API_SECRET out")
	case isToken(to.Credential):
		return &credentialed{api: api, name: headerAuthorization, value: "Bearer " + to.Credential}, nil
	}
	if _, err := auth.ParseKey(to.Credential, auth.KindAPIKey); err != nil {
		return nil, errors.New("AGENTEXCHANGE_API_KEY is not an API key; check it for missing or mistaken characters")
	}
	if to.Secret == "" {
		return &credentialed{api: api, name: headerAPIKey, value: to.Credential}, nil
	}
	if _, err := auth.ParseKey(to.Secret, auth.KindAPISecret); err != nil {
		return nil, fmt.Errorf("AGENTEXCHANGE_API_SECRET is not a secret; check it for missing or mistaken characters: it begins with %s", auth.KindAPISecret)
	}
	return &loggedIn{api: api, login: catalog.doc.Operation(logIn), key: to.Credential, secret: to.Secret}, nil
}

func isToken(credential string) bool { return strings.Count(credential, ".") == 2 }

// remoteAPI sends requests whose URLs are paths to a server.
type remoteAPI struct {
	base   *url.URL
	client *http.Client
}

// RoundTrip implements http.RoundTripper.
func (a *remoteAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	target, err := a.base.Parse(a.base.Path + r.URL.String())
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL = target
	return a.client.Do(r)
}

// credentialed sends a credential in a header.
type credentialed struct {
	api         http.RoundTripper
	name, value string
}

// RoundTrip implements http.RoundTripper.
func (c *credentialed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(c.name, c.value)
	return c.api.RoundTrip(r)
}

// loggedIn sends the token of an account, and logs in when it has no accepted token. If the login is refused, that is the
// answer.
type loggedIn struct {
	api         http.RoundTripper
	login       *spec.Operation
	key, secret string

	mu    sync.Mutex
	token string
}

// RoundTrip implements http.RoundTripper.
func (l *loggedIn) RoundTrip(r *http.Request) (*http.Response, error) {
	token, refusal, err := l.tokenAfter(r.Context(), "")
	if err != nil || refusal != nil {
		return refusal, err
	}
	response, err := l.send(r, token)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	_ = response.Body.Close()
	token, refusal, err = l.tokenAfter(r.Context(), token)
	if err != nil || refusal != nil {
		return refusal, err
	}
	return l.send(r, token)
}

func (l *loggedIn) send(r *http.Request, token string) (_ *http.Response, err error) {
	r = r.Clone(r.Context())
	if r.Body, err = r.GetBody(); err != nil {
		return nil, err
	}
	return (&credentialed{api: l.api, name: headerAuthorization, value: "Bearer " + token}).RoundTrip(r)
}

// tokenAfter returns a token other than the refused one. Calls whose token is refused at the same time share a login.
func (l *loggedIn) tokenAfter(ctx context.Context, refused string) (token string, refusal *http.Response, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token != refused {
		return l.token, nil, nil
	}
	credentials := encode(map[string]string{"api_key": l.key, "api_secret": l.secret})
	sent, err := http.NewRequestWithContext(ctx, l.login.Method, l.login.Path, bytes.NewReader(credentials))
	if err != nil {
		return "", nil, fmt.Errorf("login: %w", err)
	}
	sent.Header.Set("Content-Type", "application/json")
	response, err := l.api.RoundTrip(sent)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", nil, err
	}
	var said struct{ Token string }
	if err := json.Unmarshal(body, &said); err != nil || response.StatusCode != http.StatusOK {
		response.Body = io.NopCloser(bytes.NewReader(body))
		return "", response, nil
	}
	l.token = said.Token
	return l.token, nil, nil
}
