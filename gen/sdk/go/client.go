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

// Options configure a [Client]. The zero value is a client of a server on this machine, with the credentials that the
// environment holds, if any.
type Options struct {
	// BaseURL is where the server is, with or without /api/v1 at its end. Default: AGENTEXCHANGE_BASE_URL, else
	// http://127.0.0.1:8080.
	BaseURL string

	// APIKey is an account's or an agent's key. White space around it does not count. If APIKey, APISecret and Token are all empty, AGENTEXCHANGE_API_KEY and
	// AGENTEXCHANGE_API_SECRET are used; what is given is never mixed with what the environment holds.
	APIKey Secret

	// APISecret is the account's secret. With it the client logs in by itself for calls that need a token.
	APISecret Secret

	// Token is a token that was got elsewhere. Once it expires, the client logs in if it has an APISecret.
	Token Secret

	// AgentID is the agent that trading, account and analytics calls are for, unless a call names another by
	// [WithAgentID]. Default: the agent whose key it is, else the account's default agent.
	AgentID string

	// Timeout is how long an attempt may take, the reading of its answer included. Default: 30 seconds.
	Timeout time.Duration

	// MaxRetries is how often a failed call is repeated; negative is never. Default: 4.
	MaxRetries int

	// HTTPClient sends the requests, and is copied: redirects are not followed, whatever it says. Default: one that uses
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
	credentials func() *credentials // a func, as fmt can show what a pointer points to
}

// New makes a client. It sends nothing.
func New(options Options) (*Client, error) {
	if options.APIKey == "" && options.APISecret == "" && options.Token == "" {
		options.APIKey = Secret(os.Getenv("AGENTEXCHANGE_API_KEY"))
		options.APISecret = Secret(os.Getenv("AGENTEXCHANGE_API_SECRET"))
	}
	if options.APISecret != "" && options.APIKey == "" {
		return nil, errors.New("agentexchange: an API secret is of no use without the API key that it belongs to")
	}
	for _, credential := range []*Secret{&options.APIKey, &options.APISecret, &options.Token} {
		*credential = Secret(strings.TrimSpace(string(*credential))) // a file that it was read from ends with a line break
		if *credential != "" && !sendable(string(*credential)) {
			return nil, errors.New("agentexchange: a credential holds a character that cannot stand in a header")
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

// String says which server the client calls, and hides its credentials.
func (c Client) String() string {
	u, err := url.Parse(c.baseURL)
	if err != nil {
		return "agentexchange.Client"
	}
	return fmt.Sprintf("agentexchange.Client(%s)", u.Redacted())
}

// GoString is [Client.String].
func (c Client) GoString() string { return c.String() }

// base is what paths are appended to. The server says that the API is at …/api/v1, which paths begin with.
func base(address string) string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(address, "/"), "/api/v1"), "/")
}

// withoutRedirects answers a client that follows no redirect: the API has none, and one would take the API key along to
// wherever it leads.
func withoutRedirects(given *http.Client) *http.Client {
	var client http.Client
	if given != nil {
		client = *given
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// sendable reports whether a text can be the value of a header, as it is.
func sendable(text string) bool {
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	return text != "" && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, odd)
}

// Ptr answers a pointer to a value, for the fields that may be left out.
func Ptr[T any](value T) *T { return &value }
