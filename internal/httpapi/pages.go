package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/agentexchange/agentexchange/gen/api"
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
	s.echo.GET(pathDocs+"/*", echo.WrapHandler(ui))
	s.echo.GET("/", func(c echo.Context) error { return c.Redirect(http.StatusFound, pathDocs) })
	return nil
}
