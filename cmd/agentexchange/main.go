// Command agentexchange runs the server and the operator's tools for it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/agentexchange/agentexchange/internal/app"
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/memory"
	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"
)

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the server."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date; serve does so by itself."`
	Keys    struct {
		Rotate       rotateCommand       `cmd:"" help:"Make a new key that signs tokens. Tokens signed by the old one verify until they expire."`
		RotateMaster rotateMasterCommand `cmd:"" name:"rotate-master" help:"Reseal everything in the database under another master key."`
	} `cmd:"" help:"Rotate keys, with the server running or not."`
	MCP     mcpCommand     `cmd:"" name:"mcp" help:"Offer a running server's API to an LLM as tools, by the Model Context Protocol over standard input and output."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	var cli commands
	parsed := kong.Parse(&cli, kong.Name("agentexchange"),
		kong.Description("A self-hosted paper-trading exchange for AI agents."),
		kong.ShortUsageOnError(), kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}))
	if err := parsed.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "agentexchange: %v\n", err)
		os.Exit(1)
	}
}

type serveCommand struct{ config.Server }

// Run serves until a signal arrives. The first signal drains the server, the second cuts it off.
func (c *serveCommand) Run() error {
	log := newLogger(c.LogLevel)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	started := make(chan struct{})
	go cancelOnSignal(signals, started, cancel)
	server, err := app.Start(ctx, c.Server, log)
	close(started)
	if err != nil && ctx.Err() != nil { // a signal came before it was ready
		log.Info("shut down during the start")
		return nil
	}
	if err != nil {
		return err
	}
	var background errgroup.Group
	background.Go(func() error { return memory.Run(ctx) })
	fmt.Printf("AgentExchange is ready.\n  API   %s/api/v1\n  Docs  %[1]s/docs\n  Data  %s\n", server.URL(), server.Where())
	var failure error
	var received os.Signal
	select {
	case received = <-signals:
		log.Info("shutting down", "signal", received.String())
	case <-ctx.Done():
	case failure = <-server.Failed():
	}
	closing, cutOff := context.WithCancel(context.Background())
	defer cutOff()
	go func() {
		<-signals
		cutOff()
	}()
	if received == syscall.SIGTERM { // after Ctrl-C nobody wants to wait
		server.StopReady(closing)
	}
	err = server.Close(closing)
	cancel()
	return errors.Join(failure, err, background.Wait())
}

// cancelOnSignal cancels a start that is still in progress.
func cancelOnSignal(signals <-chan os.Signal, started <-chan struct{}, cancel func()) {
	select {
	case <-signals:
		cancel()
	case <-started:
	}
}

type migrateCommand struct{ config.Database }

func (c *migrateCommand) Run() error {
	return app.Migrate(context.Background(), c.Database, newLogger("warn"))
}

type rotateCommand struct{ config.Database }

func (c *rotateCommand) Run() error {
	err := app.RotateSigningKey(context.Background(), c.Database, newLogger("warn"))
	if err == nil {
		fmt.Println("A new key signs new tokens. Tokens signed by the old one verify until they expire.")
	}
	return err
}

type rotateMasterCommand struct{ config.Database }

func (c *rotateMasterCommand) Run() error {
	err := app.RotateMasterKey(context.Background(), c.Database, newLogger("warn"))
	if err != nil {
		return err
	}
	if c.MasterKey != "" {
		fmt.Println("Everything is sealed under AGENTEXCHANGE_NEXT_MASTER_KEY. Make it AGENTEXCHANGE_MASTER_KEY everywhere, and back it up.")
	} else {
		fmt.Println("Everything is sealed under a new master key. Back up master.key in the data directory.")
	}
	return nil
}

type mcpCommand struct{ config.MCP }

// Run writes nothing but the protocol to standard output.
func (c *mcpCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return app.ServeMCP(ctx, c.MCP, newLogger("warn"))
}

type versionCommand struct{}

// Run never fails; kong requires the error.
func (versionCommand) Run() error { //nolint:unparam // see above
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	fmt.Println("agentexchange", version)
	return nil
}

// newLogger returns a logger to standard error: as text on a terminal, otherwise as JSON.
func newLogger(level string) *slog.Logger {
	var threshold slog.Level
	_ = threshold.UnmarshalText([]byte(level)) // one of the names that the flag allows
	options := &slog.HandlerOptions{Level: threshold}
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return slog.New(slog.NewTextHandler(os.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, options))
}
