package web

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// swaggerUI returns the page of Swagger UI, and a handler of the files that it loads.
func swaggerUI(title string) (*Page, http.Handler, error) {
	handler := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: title, SwaggerJSON: PathJSON, BasePath: PathDocs,
		SettingsUI:  map[string]string{"persistAuthorization": "true", "tryItOutEnabled": "true"},
		PrependHTML: `<p style="margin:1em 20px 0;font-family:sans-serif"><a href="reference">Read the reference</a></p>`,
	})
	request, err := http.NewRequest(http.MethodGet, PathDocs, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("docs: %w", err)
	}
	page := kept{header: http.Header{}}
	handler.ServeHTTP(&page, request)
	// React sets styles of elements, which no hash can allow.
	return htmlPage(page.Bytes(), "connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"), handler, nil
}

// kept records an answer.
type kept struct {
	bytes.Buffer
	header http.Header
}

func (k *kept) Header() http.Header { return k.header }
func (k *kept) WriteHeader(int)     {}
