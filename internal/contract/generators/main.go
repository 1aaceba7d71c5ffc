// Command generators generates Java, Rust and C# clients with openapi-generator, fails on unexpected warnings, and
// compiles the Java client. make sdk-check runs it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
)

const (
	document = "openapi.yaml"
	lock     = "internal/contract/generators/requirements.txt"
	output   = ".build/sdk-check"
)

// harmless lists warnings that indicate no defect of the document or the client.
var harmless = []struct {
	warning *regexp.Regexp
	reason  string
}{
	{
		regexp.MustCompile(`cannot be used as a (enum variant|field/variable|model) name\. Renamed to`),
		"Rust allows no names such as 1d or type; the name on the wire is unchanged",
	},
	{
		regexp.MustCompile(`ModelUtils - Failed to get the schema name: null$`),
		"a response with several named examples has no schema of its own and needs none",
	},
	{
		regexp.MustCompile(`Ignoring complex example on request body$`),
		"the client's documentation makes up an example",
	},
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "sdk-check:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	tools, err := toolchain.Install(ctx, lock)
	if err != nil {
		return err
	}
	for _, language := range []string{"java", "rust", "csharp"} {
		if err := generate(ctx, tools, language); err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
		fmt.Printf("%s: generated without unexpected warnings\n", language)
	}
	compile := exec.CommandContext(ctx, "mvn", "--quiet", "--batch-mode", "--file", output+"/java/pom.xml", "compile")
	if said, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the Java client (JDK 17 and Maven): %w\n%s", err, said)
	}
	fmt.Println("java: the client compiles")
	return nil
}

// generate generates a client under .build/sdk-check/. It fails with the generator's unexpected warnings.
func generate(ctx context.Context, tools toolchain.Env, language string) error {
	dir := filepath.Join(output, language)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	command := tools.Command(ctx, "openapi-generator-cli", "generate",
		"--generator-name", language, "--input-spec", document, "--output", dir)
	said, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	if warnings := unexpected(string(said)); len(warnings) > 0 {
		return errors.New(strings.Join(warnings, "\n"))
	}
	return nil
}

// unexpected returns the warnings and errors in a log that are not known to be harmless.
func unexpected(log string) []string {
	var found []string
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		if (strings.Contains(line, " WARN ") || strings.Contains(line, " ERROR ")) && !isHarmless(line) {
			found = append(found, line)
		}
	}
	return found
}

func isHarmless(line string) bool {
	for _, known := range harmless {
		if known.warning.MatchString(line) {
			return true
		}
	}
	return false
}
