// Package config defines the server's settings: environment variables, and flags of the same names for trying something
// out. The tags below are the list; a test compares the guide's tables with them.
package config

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Database says where the database is and which key encrypts its secrets.
type Database struct {
	URL           string `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use (15 or newer), as postgres://user:password@host:5432/name. Without it the server starts a PostgreSQL of its own, with its data in the data directory."`
	DataDir       string `name:"data-dir" env:"AGENTEXCHANGE_DATA_DIR" placeholder:"DIR" help:"Where the server's own PostgreSQL keeps its data, and where the master key is. Default: /var/lib/agentexchange as root, else $$XDG_DATA_HOME/agentexchange."`
	MasterKey     string `name:"master-key" env:"AGENTEXCHANGE_MASTER_KEY" placeholder:"BASE64" help:"Base64 of 32 bytes that seal the API keys in the database; make one with: openssl rand -base64 32. Required with DATABASE_URL. Without DATABASE_URL it is made on the first start and kept in the data directory, in master.key."`
	NextMasterKey string `name:"next-master-key" env:"AGENTEXCHANGE_NEXT_MASTER_KEY" placeholder:"BASE64" help:"The key to rotate to with 'keys rotate-master'. Give it to every replica first, so that each can open what is sealed under it."`
	MaxConns      int32  `name:"database-max-conns" env:"AGENTEXCHANGE_DATABASE_MAX_CONNS" default:"16" help:"Most connections to the database."`
}

// The sources of prices besides the simulation.
const (
	MarketBinance = "binance"
	MarketReplay  = "replay"
)

// Server holds all settings of 'serve'.
type Server struct {
	Database

	Addr              string        `env:"AGENTEXCHANGE_ADDR" default:"127.0.0.1:8080" help:"Address to listen on."`
	MetricsAddr       string        `name:"metrics-addr" env:"AGENTEXCHANGE_METRICS_ADDR" placeholder:"HOST:PORT" help:"Address to serve metrics on, for Prometheus, at /metrics. Anyone who can reach it can read them. Default: none."`
	PublicURL         string        `name:"public-url" env:"AGENTEXCHANGE_PUBLIC_URL" placeholder:"URL" help:"How clients reach the server, for the skill files. Default: http:// and the host that the request was sent to."`
	CORSOrigins       []string      `name:"cors-origins" env:"AGENTEXCHANGE_CORS_ORIGINS" placeholder:"ORIGIN" help:"Origins of web pages that may call the API, separated by commas. Default: none; the server's own pages need none."`
	MaxBody           int64         `name:"max-body" env:"AGENTEXCHANGE_MAX_BODY" default:"65536" help:"Largest request body, in bytes."`
	MaxInFlight       int           `name:"max-in-flight" env:"AGENTEXCHANGE_MAX_IN_FLIGHT" default:"1024" help:"Requests worked on at once; more are answered 503."`
	RequestTimeout    time.Duration `name:"request-timeout" env:"AGENTEXCHANGE_REQUEST_TIMEOUT" default:"10s" help:"Longest work on one request."`
	ReadHeaderTimeout time.Duration `name:"read-header-timeout" env:"AGENTEXCHANGE_READ_HEADER_TIMEOUT" default:"5s" help:"Longest wait for a request's headers."`
	ReadTimeout       time.Duration `name:"read-timeout" env:"AGENTEXCHANGE_READ_TIMEOUT" default:"10s" help:"Longest wait for a whole request."`
	IdleTimeout       time.Duration `name:"idle-timeout" env:"AGENTEXCHANGE_IDLE_TIMEOUT" default:"2m" help:"How long an idle connection is kept."`
	DrainDelay        time.Duration `name:"drain-delay" env:"AGENTEXCHANGE_DRAIN_DELAY" default:"1s" help:"How long to serve on after SIGTERM while /readyz answers 503, so that load balancers notice: a few of their probes' intervals. Ctrl-C does not wait."`
	ShutdownTimeout   time.Duration `name:"shutdown-timeout" env:"AGENTEXCHANGE_SHUTDOWN_TIMEOUT" default:"20s" help:"Longest wait for running requests at shutdown."`
	OrderMaxAge       time.Duration `name:"order-max-age" env:"AGENTEXCHANGE_ORDER_MAX_AGE" default:"2160h" help:"Age at which a resting order expires; 0: never."`
	Market            string        `env:"AGENTEXCHANGE_MARKET" default:"sim" enum:"sim,binance,replay" help:"Where prices come from: sim (made of arithmetic, no network), binance (live prices of Binance's public streams) or replay (a recorded file)."`
	MarketSeed        uint64        `name:"market-seed" env:"AGENTEXCHANGE_MARKET_SEED" default:"1" help:"Seed of the simulated market; the same for every replica. Servers with the same seed have the same prices, and anyone who knows it can compute future ones."`
	MarketFile        string        `name:"market-file" env:"AGENTEXCHANGE_MARKET_FILE" placeholder:"FILE" help:"Recording of ticks to replay, as CSV."`
	MarketSpeed       float64       `name:"market-speed" env:"AGENTEXCHANGE_MARKET_SPEED" default:"1" help:"Speed of the replay: 1 as recorded, 2 twice as fast, 0 as fast as possible."`
	BinanceRESTURL    string        `name:"binance-rest-url" env:"AGENTEXCHANGE_BINANCE_REST_URL" default:"https://api.binance.com" help:"Binance's REST API."`
	BinanceStreamURL  string        `name:"binance-stream-url" env:"AGENTEXCHANGE_BINANCE_STREAM_URL" default:"wss://stream.binance.com:9443" help:"Binance's streams."`
	LogLevel          string        `name:"log-level" env:"AGENTEXCHANGE_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"debug, info, warn or error. Logs are JSON when the output is not a terminal."`

	Now func() time.Time `kong:"-"` // the clock, time.Now if nil; tests set it
}

// Validate rejects settings that cannot work. Each error is a sentence that says what to do.
func (d *Database) Validate() error {
	if d.URL != "" && d.MasterKey == "" {
		return errors.New("DATABASE_URL is set, so AGENTEXCHANGE_MASTER_KEY must be too: " +
			"make a key with 'openssl rand -base64 32', give it to every replica, and back it up with the database")
	}
	if d.NextMasterKey != "" && d.MasterKey == "" {
		return errors.New("AGENTEXCHANGE_NEXT_MASTER_KEY goes with AGENTEXCHANGE_MASTER_KEY, which is not set; " +
			"a master key in a file is rotated without either")
	}
	if d.MaxConns < 2 {
		return errors.New("AGENTEXCHANGE_DATABASE_MAX_CONNS must be at least 2")
	}
	return nil
}

// Validate rejects settings that cannot work. Each error is a sentence that says what to do.
func (s *Server) Validate() error {
	if err := s.Database.Validate(); err != nil {
		return err
	}
	if s.PublicURL != "" {
		if u, err := url.Parse(s.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return errors.New("AGENTEXCHANGE_PUBLIC_URL must look like https://exchange.example.com")
		}
	}
	if s.MaxBody < 1024 || s.MaxInFlight < 1 {
		return errors.New("AGENTEXCHANGE_MAX_BODY must be at least 1024 and AGENTEXCHANGE_MAX_IN_FLIGHT at least 1")
	}
	for name, value := range map[string]time.Duration{
		"REQUEST_TIMEOUT": s.RequestTimeout, "READ_HEADER_TIMEOUT": s.ReadHeaderTimeout, "READ_TIMEOUT": s.ReadTimeout,
		"IDLE_TIMEOUT": s.IdleTimeout, "SHUTDOWN_TIMEOUT": s.ShutdownTimeout,
	} {
		if value <= 0 {
			return fmt.Errorf("AGENTEXCHANGE_%s must be longer than zero, such as 10s", name)
		}
	}
	if (s.Market == MarketReplay) != (s.MarketFile != "") {
		return errors.New("AGENTEXCHANGE_MARKET=replay and AGENTEXCHANGE_MARKET_FILE must be set together")
	}
	if s.OrderMaxAge < 0 {
		return errors.New("AGENTEXCHANGE_ORDER_MAX_AGE must be a duration such as 720h, or 0 for orders that never expire")
	}
	return nil
}

// Clock returns Now, or time.Now if it is nil.
func (s *Server) Clock() func() time.Time {
	if s.Now != nil {
		return s.Now
	}
	return time.Now
}

// MCP holds all settings of 'mcp'.
type MCP struct {
	BaseURL   string   `name:"base-url" env:"AGENTEXCHANGE_BASE_URL" default:"http://127.0.0.1:8080" help:"The server to call."`
	APIKey    string   `name:"api-key" env:"AGENTEXCHANGE_API_KEY" placeholder:"KEY" help:"API key of the agent to act for; or an account's API key or token."`
	APISecret string   `name:"api-secret" env:"AGENTEXCHANGE_API_SECRET" placeholder:"SECRET" help:"Secret of the account, if the API key is an account's. With it mcp logs in, for the tools that take a token."`
	Toolsets  []string `placeholder:"TOOLSET" help:"Toolsets to offer, separated by commas, such as default,analytics. A wrong name is answered with the list of them."`
	ReadOnly  bool     `name:"read-only" help:"Offer no tool that changes anything."`
}
