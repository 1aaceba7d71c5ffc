//go:build !unix

package devpg

import (
	"context"
	"fmt"
	"runtime"
)

// Server is never made on this system.
type Server struct{}

// Start returns an error: PostgreSQL is run as another user, stopped by signals
// and kept to one owner by flock, which are Unix's.
func Start(context.Context, Config) (*Server, error) {
	return nil, fmt.Errorf("a PostgreSQL of its own is not supported on %s: set DATABASE_URL to a running server", runtime.GOOS)
}

// Attach finds nothing, because nothing can have been started.
func Attach(string) (url string, running bool, err error) { return "", false, nil }

// URL is empty.
func (*Server) URL() string { return "" }

// Stop has nothing to stop.
func (*Server) Stop(context.Context) error { return nil }
