package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Page is a document that does not change while the server runs.
type Page struct {
	contentType, policy, etag string
	body                      []byte
}

func newPage(contentType string, body []byte) *Page {
	sum := sha256.Sum256(body)
	page := &Page{contentType: contentType, body: body, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	page.policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return page
}

// htmlPage makes a page that may load the listed sources, run its inline scripts and use its inline style sheets.
func htmlPage(body []byte, sources string) *Page {
	page := newPage("text/html; charset=utf-8", body)
	page.policy += "; script-src 'self'" + hashes(inlineScript, body) + "; " + sources
	return page
}

var (
	inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	inlineStyle  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
)

// hashes allows inline content in a Content-Security-Policy.
func hashes(element *regexp.Regexp, body []byte) string {
	var sources strings.Builder
	for _, found := range element.FindAllSubmatch(body, -1) {
		sum := sha256.Sum256(found[1])
		sources.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return sources.String()
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", p.contentType)
	header.Set("Content-Security-Policy", p.policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache") // cached, but revalidated: the next version has another page
	header.Set("ETag", p.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.body))
}
