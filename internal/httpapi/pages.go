package httpapi

import (
	"net/http"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/web"
	"github.com/labstack/echo/v4"
)

// routePages serves what is there to be read: the document, the reference, Swagger UI, the guide and llms.txt.
func (s *Server) routePages() {
	for path, page := range s.site.Pages {
		s.echo.GET(path, echo.WrapHandler(page))
		if path != "/" { // as people write it, too
			s.echo.GET(path+"/", func(c echo.Context) error { return c.Redirect(http.StatusMovedPermanently, path) })
		}
	}
	s.echo.GET(web.PathLLMs, func(c echo.Context) error {
		page, err := s.site.LLMs(s.baseURL(c.Request().Host))
		if err != nil {
			return err
		}
		page.ServeHTTP(c.Response(), c.Request())
		return nil
	})
	s.echo.GET(web.PathDocs+"/:asset", func(c echo.Context) error { return serveAsset(s.site.Assets, c) })
}

// serveAsset serves a file of Swagger UI. An unknown one is answered like any other unknown path.
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
