// Command generate makes the Go SDK from openapi.yaml: generate SPEC STATIC TEMPLATES OUT. Of OUT it leaves nothing but
// what it makes: the files of STATIC as they stand, and what oapi-codegen makes of TEMPLATES.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oapi-codegen/oapi-codegen/v2/pkg/codegen"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: generate SPEC STATIC TEMPLATES OUT")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "generate the Go SDK:", err)
		os.Exit(1)
	}
}

func generate(spec, static, templates, out string) error {
	doc, err := openapi3.NewLoader().LoadFromFile(spec)
	if err != nil {
		return err
	}
	overrides, err := readTemplates(templates)
	if err != nil {
		return err
	}
	addFunctions(doc)
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.CopyFS(out, os.DirFS(static)); err != nil {
		return err
	}
	for name, what := range map[string]codegen.GenerateOptions{
		"models.gen.go": {Models: true},
		"client.gen.go": {Client: true},
	} {
		code, err := codegen.Generate(doc, configuration(what, overrides))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(out, name), []byte(code), 0o600); err != nil {
			return err
		}
	}
	return nil
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
			// APIError stands for the envelope.
			ExcludeSchemas: []string{"Error"},
			UserTemplates:  overrides,
		},
	}
}

// readTemplates answers the templates of a directory by their names. They take the place of oapi-codegen's own.
func readTemplates(dir string) (map[string]string, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	templates := map[string]string{}
	for _, unused := range []string{"client-with-responses.tmpl", "request-bodies.tmpl"} {
		templates[unused] = "{{\"\"}}\n" // an empty text would leave oapi-codegen's own
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return nil, err
		}
		templates[file.Name()] = string(text)
	}
	return templates, nil
}
