// Command generate generates gen/sdk/go, the Go SDK, from openapi.yaml. Run it at the root of the repository. It
// replaces that directory with the static files and the output of oapi-codegen for our templates.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

const (
	spec      = "openapi.yaml"
	license   = "LICENSE"
	static    = "internal/sdk/golang/static"
	templates = "internal/sdk/golang/templates"
	out       = "gen/sdk/go"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate the Go SDK:", err)
		os.Exit(1)
	}
}

func generate() error {
	doc, err := openapi3.NewLoader().LoadFromFile(spec)
	if err != nil {
		return err
	}
	rendered, err := render(doc)
	if err != nil {
		return err
	}
	if err := copyStatic(); err != nil {
		return err
	}
	for name, code := range rendered {
		if err := os.WriteFile(filepath.Join(out, name), []byte(code), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// render returns the files generated from the spec, by name.
func render(doc *openapi3.T) (map[string]string, error) {
	overrides, err := readTemplates()
	if err != nil {
		return nil, err
	}
	addFunctions(doc)
	rendered := map[string]string{}
	for name, what := range map[string]codegen.GenerateOptions{
		"models.gen.go": {Models: true},
		"client.gen.go": {Client: true},
	} {
		if rendered[name], err = codegen.Generate(doc, configuration(what, overrides)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return rendered, nil
}

// copyStatic replaces the SDK's directory with the files that do not depend on the spec.
func copyStatic() error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.CopyFS(out, os.DirFS(static)); err != nil {
		return err
	}
	text, err := os.ReadFile(license)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, license), text, 0o600) //nolint:gosec // the path consists of constants
}

func configuration(what codegen.GenerateOptions, overrides map[string]string) codegen.Configuration {
	return codegen.Configuration{
		PackageName:   "agentexchange",
		Generate:      what,
		Compatibility: codegen.CompatibilityOptions{AlwaysPrefixEnumValues: true},
		OutputOptions: codegen.OutputOptions{
			SkipPrune:             true,
			NameNormalizer:        string(codegen.NameNormalizerFunctionToCamelCaseWithInitialisms),
			AdditionalInitialisms: []string{"JWK", "JWKS", "JWT", "LLM", "ROI"},
			// APIError takes the place of the envelope.
			ExcludeSchemas: []string{"Error"},
			UserTemplates:  overrides,
		},
	}
}

// readTemplates returns our templates by name. They replace oapi-codegen's own.
func readTemplates() (map[string]string, error) {
	files, err := os.ReadDir(templates)
	if err != nil {
		return nil, err
	}
	overrides := map[string]string{}
	for _, unused := range []string{"client-with-responses.tmpl", "request-bodies.tmpl"} {
		overrides[unused] = "{{\"\"}}\n" // with an empty text oapi-codegen would use its own
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(templates, file.Name()))
		if err != nil {
			return nil, err
		}
		overrides[file.Name()] = string(text)
	}
	return overrides, nil
}
