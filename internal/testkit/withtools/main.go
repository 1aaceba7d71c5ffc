// Command withtools runs a command with the programs of a lock file before it on the PATH, installing them first if
// this machine has not: withtools path/to/requirements.txt python -c 'import httpx'.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: withtools requirements.txt|package-lock.json command [argument ...]")
		os.Exit(2)
	}
	ctx := context.Background()
	env, err := toolchain.Install(ctx, os.Args[1])
	if err == nil {
		command := env.Command(ctx, os.Args[2], os.Args[3:]...)
		command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
		err = command.Run()
	}
	if failed, ran := errors.AsType[*exec.ExitError](err); ran {
		os.Exit(max(failed.ExitCode(), 1))
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "withtools:", err)
		os.Exit(1)
	}
}
