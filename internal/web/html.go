package web

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// toHTML renders our own Markdown. Headings get anchors, and lines that show a call get a class.
func toHTML(markdown string) (template.HTML, error) {
	converter := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(
		parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(callLines{}, 100)),
	))
	var out bytes.Buffer
	context := parser.NewContext(parser.WithIDs(anchors{}))
	err := converter.Convert([]byte(markdown), &out, parser.WithContext(context))
	return template.HTML(out.String()), err //nolint:gosec // goldmark escapes; the text is that of the spec
}

// anchors names headings as slug does.
type anchors struct{}

func (anchors) Generate(heading []byte, _ ast.NodeKind) []byte { return []byte(slug(string(heading))) }
func (anchors) Put([]byte)                                     {}

// callLines marks the paragraphs that begin with a method and a path, so that they can be styled.
type callLines struct{}

// Transform implements parser.ASTTransformer.
func (callLines) Transform(document *ast.Document, reader text.Reader, _ parser.Context) {
	for block := document.FirstChild(); block != nil; block = block.NextSibling() {
		if code, is := block.FirstChild().(*ast.CodeSpan); is && block.Kind() == ast.KindParagraph && follows(block, ast.KindHeading) {
			method, _, _ := strings.Cut(string(code.FirstChild().(*ast.Text).Value(reader.Source())), " ")
			block.SetAttributeString("class", []byte("call "+strings.ToLower(method)))
		}
	}
}

func follows(block ast.Node, kind ast.NodeKind) bool {
	before := block.PreviousSibling()
	return before != nil && before.Kind() == kind
}
