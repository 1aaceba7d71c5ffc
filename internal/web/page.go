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

// Page is a document that stays the same for as long as the server runs.
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

// htmlPage makes a page that may load what is listed, and run the scripts and use the style sheets that stand in it.
func htmlPage(body []byte, sources string) *Page {
	page := newPage("text/html; charset=utf-8", body)
	page.policy += "; script-src 'self'" + hashes(inlineScript, body) + "; " + sources
	return page
}

var (
	inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	inlineStyle  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
)

// hashes allows, in a Content-Security-Policy, what stands in the page itself.
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
	header.Set("Cache-Control", "no-cache") // kept, but asked for again: the next version has another
	header.Set("ETag", p.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.body))
}
