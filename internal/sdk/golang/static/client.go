package agentexchange

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	defaultBaseURL    = "http://127.0.0.1:8080"
	defaultTimeout    = 30 * time.Second
	defaultMaxRetries = 4
)

// Options configure a [Client]. The zero value means a server on this machine, and credentials from the environment if
// there are any.
type Options struct {
	// BaseURL is the server's address, with or without /api/v1 at the end. Default: AGENTEXCHANGE_BASE_URL, or
	// http://127.0.0.1:8080.
	BaseURL string

	// APIKey is an account's or an agent's key. White space around it is ignored. If APIKey, APISecret and Token are
	// all empty, AGENTEXCHANGE_API_KEY and AGENTEXCHANGE_API_SECRET are used; credentials from Options and from the
	// environment are never mixed.
	APIKey Secret

	// APISecret is the account's secret. With it the client logs in by itself for calls that need a token.
	APISecret Secret

	// Token is an existing token. When it expires, the client logs in if it has an APISecret.
	Token Secret

	// AgentID is the agent for trading, account and analytics calls, unless a call names another with [WithAgentID].
	// Default: the agent whose key is used, or the account's default agent.
	AgentID string

	// Timeout is how long one attempt may take, including reading the response. Default: 30 seconds.
	Timeout time.Duration

	// MaxRetries is how often a failed call is repeated; negative means never. Default: 4.
	MaxRetries int

	// HTTPClient sends the requests. It is copied, and the copy never follows redirects. Default: a client with
	// [http.DefaultTransport].
	HTTPClient *http.Client
}

// Client calls an AgentExchange server. It is safe for concurrent use.
type Client struct {
	baseURL     string
	agentID     string
	timeout     time.Duration
	maxRetries  int
	http        *http.Client
	credentials func() *credentials // a func, because fmt can print what a pointer points to
}

// New returns a client. It sends nothing.
func New(options Options) (*Client, error) {
	if options.APIKey == "" && options.APISecret == "" && options.Token == "" {
		options.APIKey = Secret(os.Getenv("AGENTEXCHANGE_API_KEY"))
		options.APISecret = Secret(os.Getenv("AGENTEXCHANGE_API_SECRET"))
	}
	if options.APISecret != "" && options.APIKey == "" {
		return nil, errors.New("agentexchange: an API secret needs the API key that it belongs to")
	}
	for _, credential := range []*Secret{&options.APIKey, &options.APISecret, &options.Token} {
		*credential = Secret(strings.TrimSpace(string(*credential))) // such as the line break at the end of a file
		if *credential != "" && !sendable(string(*credential)) {
			return nil, errors.New("agentexchange: a credential must be printable ASCII")
		}
	}
	c := &Client{
		baseURL:    base(cmp.Or(options.BaseURL, os.Getenv("AGENTEXCHANGE_BASE_URL"), defaultBaseURL)),
		agentID:    options.AgentID,
		timeout:    cmp.Or(options.Timeout, defaultTimeout),
		maxRetries: max(cmp.Or(options.MaxRetries, defaultMaxRetries), 0),
		http:       withoutRedirects(options.HTTPClient),
	}
	held := &credentials{client: c, key: options.APIKey, secret: options.APISecret, token: options.Token}
	c.credentials = func() *credentials { return held }
	if u, err := url.Parse(c.baseURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("agentexchange: the base URL is not an http or https URL such as " + defaultBaseURL)
	}
	return c, nil
}

// String returns the server's address without credentials.
func (c Client) String() string {
	u, err := url.Parse(c.baseURL)
	if err != nil {
		return "agentexchange.Client"
	}
	return fmt.Sprintf("agentexchange.Client(%s)", u.Redacted())
}

// GoString returns the same as [Client.String].
func (c Client) GoString() string { return c.String() }

// base returns the address that paths are appended to. It drops /api/v1, with which paths begin.
func base(address string) string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(address, "/"), "/api/v1"), "/")
}

// withoutRedirects returns a client that follows no redirects: the API has none, and a redirect would send the API key
// elsewhere.
func withoutRedirects(given *http.Client) *http.Client {
	var client http.Client
	if given != nil {
		client = *given
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// sendable reports whether text can be sent unchanged as the value of a header.
func sendable(text string) bool {
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	return text != "" && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, odd)
}

// Ptr returns a pointer to a value, for optional fields.
func Ptr[T any](value T) *T { return &value }
