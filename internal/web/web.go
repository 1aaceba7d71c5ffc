// Package web renders what is served beside the API for people and machines: the reference, Swagger UI and llms.txt, which
// are made from the spec when the server starts, and the guide. The pages load nothing from elsewhere.
package web

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"

	"github.com/agentexchange/agentexchange/internal/spec"
)

// Paths of the pages.
const (
	PathIndex     = "/"
	PathReference = "/reference"
	PathMarkdown  = "/reference.md"
	PathJSON      = "/openapi.json"
	PathYAML      = "/openapi.yaml"
	PathLLMs      = "/llms.txt"
	PathDocs      = "/docs"
)

// Site is all pages.
type Site struct {
	Pages  map[string]*Page // by path
	Assets http.Handler     // what Swagger UI loads, below PathDocs

	title, description string
	sections           []spec.Section
	guide              []guidePage
}

var (
	//go:embed style.css
	style string
	//go:embed page.html.tmpl
	pageText string

	layout = template.Must(template.Must(template.New("page.html").Funcs(template.FuncMap{"slug": slug}).
		Parse(pageText)).New("style.css").Parse(style))
)

// view is what a page of the layout shows.
type view struct {
	Title    string
	Sections []spec.Section // in the navigation; none for a page without
	Errors   []spec.Response
	Schemas  []named
	Guide    []guidePage // in the navigation of the guide
	Root     string      // what leads from a page of the guide to the index
	Content  template.HTML
}

// New renders the pages.
func New(doc *spec.Document) (*Site, error) {
	asJSON, err := json.Marshal(doc.T)
	if err != nil {
		return nil, fmt.Errorf("openapi.json: %w", err)
	}
	reference := newReference(doc)
	text, err := reference.markdown()
	if err != nil {
		return nil, fmt.Errorf("reference.md: %w", err)
	}
	content, err := toHTML(text)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	view := view{
		Title: doc.Info.Title + " API reference", Content: content,
		Sections: reference.Sections, Errors: reference.Errors, Schemas: reference.Schemas,
	}
	site := &Site{title: doc.Info.Title, description: doc.Info.Description, sections: reference.Sections}
	docs, assets, err := swaggerUI(doc.Info.Title)
	if err != nil {
		return nil, err
	}
	site.Assets = assets
	site.Pages = map[string]*Page{
		PathDocs:     docs,
		PathMarkdown: newPage("text/markdown; charset=utf-8", []byte(text)),
		PathJSON:     newPage("application/json", asJSON),
		PathYAML:     newPage("application/yaml", spec.YAML),
	}
	if site.Pages[PathReference], err = render(view); err != nil {
		return nil, err
	}
	index, err := toHTML(site.index())
	if err != nil {
		return nil, err
	}
	view.Title, view.Content, view.Sections = doc.Info.Title, index, nil
	if site.Pages[PathIndex], err = render(view); err != nil {
		return nil, err
	}
	if site.guide, err = guidePages(); err != nil {
		return nil, err
	}
	return site, site.addGuide()
}

func render(view view) (*Page, error) {
	var out bytes.Buffer
	if err := layout.ExecuteTemplate(&out, "page.html", view); err != nil {
		return nil, fmt.Errorf("%s: %w", view.Title, err)
	}
	return htmlPage(out.Bytes(), "img-src data:; style-src"+hashes(inlineStyle, out.Bytes())), nil
}
