// Package httpapi serves the API of openapi.yaml over HTTP. Each operation has its own middleware, made from the spec when
// the server starts: authenticate, receive, bound, validate. The strict handler that follows relies on them. Handlers are in
// files named after their tag in the spec; they map a request to a call of the domain and its result to a response.
package httpapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/agents"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/mcp"
	"github.com/agentexchange/agentexchange/internal/portfolio"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/skill"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/agentexchange/agentexchange/internal/telemetry"
	"github.com/agentexchange/agentexchange/internal/web"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
)

// Options are what a server works with.
type Options struct {
	Pool     *pgxpool.Pool
	Readers  *postgres.Readers
	Probe    *pgxpool.Pool // for readiness alone, so that it does not queue behind requests
	Vault    *auth.Vault
	Market   market.Feed
	Exchange *exchange.Exchange
	IDs      *book.IDs
	Logger   *slog.Logger
	Metrics  *telemetry.Metrics // nil: none
	Now      func() time.Time
	Random   io.Reader

	PublicURL      string        // how clients reach the server; empty: by the request's host
	CORSOrigins    []string      // of web pages that may call the API
	MaxBody        int64         // bytes
	MaxInFlight    int           // requests handled at once; more are refused
	RequestTimeout time.Duration // for the work on one request
}

// Server handles the requests. It implements the generated api.StrictServerInterface.
type Server struct {
	probe     *pgxpool.Pool
	market    market.Feed
	exchange  *exchange.Exchange
	portfolio *portfolio.Reader
	agents    *agents.Agents
	answers   *idempotency.Store
	scopes    *auth.Scopes
	tokens    *auth.Tokens
	log       *slog.Logger
	metrics   *telemetry.Metrics
	now       func() time.Time
	publicURL string
	maxBody   int64
	timeout   time.Duration
	inFlight  chan struct{}
	// inFlightMCP limits requests at /mcp. They wait for requests of their own, so they must not share a limit with them.
	inFlightMCP chan struct{}
	*material
	stopping atomic.Bool
	echo     *echo.Echo
}

var _ api.StrictServerInterface = (*Server)(nil)

// New makes a server, or fails with the name of the operation that the spec does not fully describe.
func New(options Options) (*Server, error) {
	made, err := fromSpec()
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return options.Now().UTC().Truncate(time.Microsecond) } // what Postgres keeps
	s := &Server{
		probe:    options.Probe,
		market:   options.Market,
		exchange: options.Exchange,
		portfolio: &portfolio.Reader{
			Pool: options.Pool, Readers: options.Readers, Feed: options.Market, Now: now, IDs: options.IDs,
		},
		agents: &agents.Agents{
			Pool: options.Pool, Readers: options.Readers, Vault: options.Vault, Exchange: options.Exchange, IDs: options.IDs,
			Now: now, Random: options.Random, MaxName: int(*made.doc.Components.Schemas["Name"].Value.MaxLength),
		},
		answers:     &idempotency.Store{Pool: options.Pool, Vault: options.Vault, Now: now},
		scopes:      auth.NewScopes(options.Readers, options.MaxInFlight, options.RequestTimeout),
		tokens:      auth.NewTokens(options.Pool, options.Vault, options.Now),
		log:         options.Logger,
		metrics:     options.Metrics,
		now:         now,
		publicURL:   options.PublicURL,
		maxBody:     options.MaxBody,
		timeout:     options.RequestTimeout,
		inFlight:    make(chan struct{}, options.MaxInFlight),
		inFlightMCP: make(chan struct{}, options.MaxInFlight),
		material:    made,
		echo:        echo.New(),
	}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = s.answerError
	s.echo.Pre(s.observe)
	if len(options.CORSOrigins) > 0 {
		s.echo.Use(allowOrigins(options.CORSOrigins))
	}
	s.routePages()
	s.routeMCP()
	s.routeOperations()
	return s, nil
}

func (s *Server) routeOperations() {
	middlewares := make(map[string][]echo.MiddlewareFunc, len(s.doc.Operations))
	for _, op := range s.doc.Operations {
		middlewares[op.ID] = []echo.MiddlewareFunc{enter(op), s.authenticate(op), s.receive, s.bound(op), validate(op)}
	}
	api.RegisterHandlersWithOptions(s.echo, api.NewStrictHandler(s, []api.StrictMiddlewareFunc{noteProof}),
		api.RegisterHandlersOptions{OperationMiddlewares: middlewares})
	asRoute := strings.NewReplacer("{", ":", "}", "")
	for path, item := range s.doc.Paths.Map() {
		s.refuseOtherMethods(asRoute.Replace(path), item)
	}
}

// refuseOtherMethods answers the methods that a path does not have. The router alone would look for another path with that
// method, and take PUT /api/v1/agents/overview for an update of an agent called overview.
func (s *Server) refuseOtherMethods(path string, item *openapi3.PathItem) {
	refuse := refuseMethod(item)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if item.GetOperation(method) == nil {
			s.echo.Add(method, path, refuse)
		}
	}
	s.echo.RouteNotFound(path, refuse) // methods that no path has
}

func refuseMethod(item *openapi3.PathItem) echo.HandlerFunc {
	methods := slices.Sorted(maps.Keys(item.Operations()))
	allow := strings.Join(append([]string{http.MethodOptions}, methods...), ", ")
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderAllow, allow)
		if c.Request().Method == http.MethodOptions {
			return c.NoContent(http.StatusNoContent)
		}
		return fault.New(fault.MethodNotAllowed)
	}
}

// ServeHTTP implements http.Handler. A HEAD is answered as the GET would be; net/http leaves the body out.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		r = r.WithContext(r.Context())
		r.Method = http.MethodGet
	}
	s.echo.ServeHTTP(w, r)
}

// Sweep deletes expired idempotent answers until ctx ends.
func (s *Server) Sweep(ctx context.Context) error { return s.answers.Sweep(ctx, s.log) }

// Stopping makes /readyz fail, so that load balancers choose other servers.
func (s *Server) Stopping() { s.stopping.Store(true) }

// ordinaryHost matches a host, with or without a port, that needs no quoting in a shell and is no longer than DNS allows.
var ordinaryHost = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]{1,259}$`)

// baseURL returns how the client reaches this server: the configured URL, else the host of its request.
func (s *Server) baseURL(host string) string {
	if s.publicURL != "" {
		return strings.TrimRight(s.publicURL, "/")
	}
	if !ordinaryHost.MatchString(host) {
		host = "localhost"
	}
	return "http://" + host
}

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
