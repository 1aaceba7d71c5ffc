//go:build unix

package devpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	superuser    = "agentexchange"
	databaseName = "agentexchange"

	// minMajor is the oldest PostgreSQL this package starts.
	minMajor = 15
)

// Server is a PostgreSQL that this process started and looks after: when it
// dies unexpectedly it is started again on the same port.
type Server struct {
	url      string
	port     int
	password string

	dir     dataDir
	lock    *dirLock
	bin     binaries
	as      account
	cfg     Config
	log     *slog.Logger
	machine machine

	settled atomic.Bool // ready, and not being stopped

	stop     context.CancelFunc
	hurry    chan struct{} // closed when Stop has no time left
	hurried  sync.Once
	finished chan struct{} // closed when the child has ended and the lock is free
}

// Start starts PostgreSQL on cfg.DataDir, initialising it the first time, and
// returns when it accepts connections to the database "agentexchange". The
// context limits the start only, not the life of the server, which is ended by
// Stop (and on Linux by the end of this process, however it comes about).
//
// A PostgreSQL that a killed process left running on the directory is stopped
// first. Errors are sentences for the user: errors.Is(err, ErrLocked) when
// another process owns the directory, others when there is no usable
// PostgreSQL, when the data belongs to another major version, or when
// PostgreSQL does not come up, with its last words.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	return start(ctx, cfg, thisMachine())
}

// URL is the connection string of the server's database. It contains the
// password, so it must not be logged.
func (s *Server) URL() string { return s.url }

// Stop shuts PostgreSQL down, ending its open connections, and frees the data
// directory. When ctx ends first, PostgreSQL is told to drop everything at
// once, which costs the next start a recovery but no committed data; Stop then
// returns an error that wraps the context's. Stop may be called several times
// and concurrently; every call returns after the server has ended.
func (s *Server) Stop(ctx context.Context) error {
	s.stop()
	select {
	case <-s.finished:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-s.finished: // both at once
		return nil
	default:
	}
	s.hurried.Do(func() { close(s.hurry) })
	<-s.finished
	return fmt.Errorf("PostgreSQL was stopped without an orderly shutdown: %w", context.Cause(ctx))
}

var settingName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.]*$`)

func (c Config) withDefaults() (Config, error) {
	if c.DataDir == "" {
		c.DataDir = DefaultDataDir()
	}
	if c.DataDir == "" {
		return c, errors.New("no home directory is known to keep the database in; choose a data directory")
	}
	if c.CacheDir == "" {
		c.CacheDir = DefaultCacheDir()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for name := range c.Settings {
		if !settingName.MatchString(name) {
			return c, fmt.Errorf("%q is not the name of a PostgreSQL setting", name)
		}
	}
	return c, nil
}

func start(ctx context.Context, cfg Config, m machine) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	dir, err := openDataDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	lock, err := dir.acquire(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{
		dir: dir, lock: lock, cfg: cfg, log: cfg.Logger, machine: m,
		hurry: make(chan struct{}), finished: make(chan struct{}),
	}
	if err := s.open(ctx); err != nil {
		lock.release()
		return nil, err
	}
	return s, nil
}

// open does, under the directory's lock, what Start promises.
func (s *Server) open(ctx context.Context) error {
	began := time.Now()
	if err := s.prepare(ctx); err != nil {
		return err
	}
	p, err := s.launchFirst(ctx)
	if err != nil {
		return err
	}
	if err := s.lock.publish(s.port); err != nil {
		p.end(syscall.SIGQUIT)
		return err
	}
	s.settled.Store(true)
	s.log.Info("PostgreSQL is ready", "version", s.bin.version, "port", s.port,
		"data", s.dir.cluster(), "took", time.Since(began).Round(time.Millisecond))

	// The server outlives the context of its start.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.supervise(life, p)
	return nil
}

// prepare finds the binaries, the user to run them as, and the password, and
// makes sure that there is an initialised database for them.
func (s *Server) prepare(ctx context.Context) (err error) {
	major, err := s.dir.clusterMajor()
	if err != nil {
		return err
	}
	if s.as, err = childAccount(s.dir.cluster()); err != nil {
		return err
	}
	if s.bin, err = s.machine.find(ctx, search{
		major: major, as: s.as, cluster: s.dir.cluster(), cacheDir: s.cfg.CacheDir, log: s.log,
	}); err != nil {
		return err
	}
	if s.password, err = s.dir.password(major != 0); err != nil {
		return err
	}
	s.dir.sweep(s.log)
	if major == 0 {
		return s.initialise(ctx)
	}
	return s.as.takeOver(s.dir.cluster())
}

// arguments are the command line of the server. What this package decides comes
// last, because the last value of a setting wins.
func (s *Server) arguments() []string {
	args := []string{"-D", s.dir.cluster()}
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Settings)) {
		args = append(args, "-c", name+"="+s.cfg.Settings[name])
	}
	durable := "off"
	if s.cfg.Durable {
		durable = "on"
	}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(s.port),
		"unix_socket_directories=",
		"fsync=" + durable,
		"synchronous_commit=" + durable,
		"full_page_writes=" + durable,
		"logging_collector=off",
		"log_destination=stderr",
		"log_line_prefix=",
		"lc_messages=C", // the severities in the log are recognised by their English names
	} {
		args = append(args, "-c", setting)
	}
	return args
}

func (s *Server) connectionURL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}
