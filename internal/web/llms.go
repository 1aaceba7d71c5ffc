package web

import (
	_ "embed"
	"strings"
	"text/template"
)

//go:embed llms.txt.tmpl
var llmsText string

var llms = template.Must(template.New("llms.txt").Funcs(template.FuncMap{"slug": slug}).Parse(llmsText))

// LLMs writes llms.txt, in the form of https://llmstxt.org, for a server that is reached at this URL.
func (s *Site) LLMs(baseURL string) (*Page, error) {
	summary, details, _ := strings.Cut(strings.TrimSpace(s.description), "\n\n")
	var out strings.Builder
	err := llms.Execute(&out, map[string]any{
		"Title": s.title, "Summary": strings.Join(strings.Fields(summary), " "), "Details": details,
		"URL": baseURL, "Sections": s.sections, "Guide": s.guide,
	})
	return newPage("text/plain; charset=utf-8", []byte(out.String())), err
}

// index lists the pages.
func (s *Site) index() string {
	summary, _, _ := strings.Cut(strings.TrimSpace(s.description), "\n\n")
	return "# " + s.title + "\n\n" + summary + `

- [Reference](reference): every call, field and rule, to read
- [Swagger UI](docs): every call, to try
- [Guide](guide): how to use the exchange, how to run it, and how it is built
- [llms.txt](llms.txt) and [reference.md](reference.md), for language models
- [openapi.yaml](openapi.yaml) and [openapi.json](openapi.json), for generators and tools
`
}
