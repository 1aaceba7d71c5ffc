// Command generate makes internal/fault/codes.gen.go of the error codes in openapi.yaml. It runs at the root of the
// repository.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"maps"
	"os"
	"slices"
	"strings"
	"text/template"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	document = "openapi.yaml"
	out      = "internal/fault/codes.gen.go"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate the error codes:", err)
		os.Exit(1)
	}
}

func generate() error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	codes, err := read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	source, err := render(codes)
	if err != nil {
		return err
	}
	return os.WriteFile(out, source, 0o600) //nolint:gosec // the path is a constant
}

// code is an error code of the document.
type code struct {
	Name, Code string `json:"-"`

	Status     int    `json:"status"`
	Message    string `json:"message"`
	RetryAfter int    `json:"retry_after_seconds"`
}

// read returns the codes of a document in its order. It fails unless x-codes describes each value of the enumeration, and
// nothing else.
func read(document []byte) ([]code, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, err
	}
	schema := doc.Components.Schemas["ErrorCode"]
	if schema == nil {
		return nil, errors.New("there is no schema ErrorCode")
	}
	encoded, err := json.Marshal(schema.Value.Extensions["x-codes"])
	if err != nil {
		return nil, err
	}
	var described map[string]code
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&described); err != nil {
		return nil, fmt.Errorf("x-codes: %w", err)
	}
	var codes []code
	for _, value := range schema.Value.Enum {
		name := fmt.Sprint(value)
		each, known := described[name]
		if !known {
			return nil, fmt.Errorf("x-codes does not describe %s", name)
		}
		delete(described, name)
		each.Code, each.Name = name, goName(name)
		if err := each.check(); err != nil {
			return nil, fmt.Errorf("x-codes: %s: %w", name, err)
		}
		codes = append(codes, each)
	}
	if len(described) > 0 {
		return nil, fmt.Errorf("x-codes describes %s, which the enumeration lacks", strings.Join(slices.Sorted(maps.Keys(described)), ", "))
	}
	return codes, nil
}

func (c code) check() error {
	switch {
	case c.Status < 400 || c.Status > 599:
		return fmt.Errorf("%d is no status of an error", c.Status)
	case strings.TrimSpace(c.Message) != c.Message || c.Message == "":
		return errors.New("it needs a message, without space around it")
	case c.RetryAfter < 0:
		return errors.New("retry_after_seconds must not be negative")
	}
	return nil
}

// initialisms are the words that Go writes in capitals.
var initialisms = []string{"API", "ID", "JWT"}

// goName writes INVALID_API_KEY as InvalidAPIKey.
func goName(code string) string {
	words := strings.Split(code, "_")
	for n, word := range words {
		if !slices.Contains(initialisms, word) {
			words[n] = word[:1] + strings.ToLower(word[1:])
		}
	}
	return strings.Join(words, "")
}

//go:embed codes.go.tmpl
var text string

var form = template.Must(template.New("codes.go").Parse(text))

// render writes the Go file.
func render(codes []code) ([]byte, error) {
	var source bytes.Buffer
	if err := form.Execute(&source, codes); err != nil {
		return nil, err
	}
	return format.Source(source.Bytes())
}
