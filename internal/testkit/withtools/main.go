// Command withtools runs a command with the programs of a lock file before it on the PATH, installing them first if
// this machine has not: withtools path/to/requirements.txt python -c 'import httpx'. With -check it only says what is to be
// installed by hand first, if anything.
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
	ctx := context.Background()
	if len(os.Args) == 2 && os.Args[1] == "-check" {
		if err := toolchain.Check(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: withtools -check | withtools requirements.txt|package-lock.json command [argument ...]")
		os.Exit(2)
	}
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
