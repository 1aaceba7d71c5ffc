package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

const (
	pathDocs = "/docs"
	pathJSON = "/openapi.json"
	pathYAML = "/openapi.yaml"
)

// routePages serves the spec, and Swagger UI with everything that it needs, so that it works offline.
func (s *Server) routePages() error {
	asJSON, err := json.Marshal(s.doc)
	if err != nil {
		return fmt.Errorf("openapi.json: %w", err)
	}
	s.echo.GET(pathJSON, func(c echo.Context) error { return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, asJSON) })
	s.echo.GET(pathYAML, func(c echo.Context) error { return c.Blob(http.StatusOK, "application/yaml", api.Spec) })

	ui := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: s.doc.Info.Title, SwaggerJSON: pathJSON, BasePath: pathDocs, HideCurl: false, ShowTopBar: false,
		SettingsUI: map[string]string{"persistAuthorization": "true", "tryItOutEnabled": "true"},
	})
	s.echo.GET(pathDocs, echo.WrapHandler(ui))
	s.echo.GET(pathDocs+"/:asset", func(c echo.Context) error {
		return serveAsset(ui, c)
	})
	s.echo.GET("/", func(c echo.Context) error { return c.Redirect(http.StatusFound, pathDocs) })
	return nil
}

// serveAsset serves a file of Swagger UI; what it does not have is answered like any other unknown path.
func serveAsset(ui http.Handler, c echo.Context) error {
	found := &assetWriter{ResponseWriter: c.Response()}
	ui.ServeHTTP(found, c.Request())
	if found.missing {
		c.Response().Header().Del(echo.HeaderContentType)
		return fault.New(fault.NotFound)
	}
	return nil
}

// assetWriter keeps a file server's own 404 from the client.
type assetWriter struct {
	http.ResponseWriter
	missing bool
}

func (w *assetWriter) WriteHeader(status int) {
	if w.missing = status == http.StatusNotFound; !w.missing {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *assetWriter) Write(text []byte) (int, error) {
	if w.missing {
		return len(text), nil
	}
	return w.ResponseWriter.Write(text)
}
