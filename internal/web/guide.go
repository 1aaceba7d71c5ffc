package web

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// PathGuide is the guide's contents; its pages are below.
const PathGuide = "/guide"

const (
	guideContents = "README.md" // which code hosts show beside the list of the pages
	repository    = "https://github.com/agentexchange/agentexchange"
)

//go:embed guide/*.md
var guideFiles embed.FS

var (
	// guideItem is a line of the contents.
	guideItem = regexp.MustCompile(`(?m)^- \[(.+)\]\((\w+)\.md\): (.+)$`)
	// guideLink is a link from one page to another, or to a part of it.
	guideLink = regexp.MustCompile(`\]\((\w+)\.md(#[^)]*)?\)`)
	// guideHeading is a part of a page.
	guideHeading = regexp.MustCompile(`(?m)^## (.+)$`)
)

// guidePage is one page of the guide, as the navigation and llms.txt list it.
type guidePage struct {
	Name, Title, Summary string

	Href     string   // seen from the page that shows the navigation
	Headings []string // of the page that shows the navigation, and of no other
}

// guidePages returns the pages in the order of the contents.
func guidePages() ([]guidePage, error) {
	contents, err := guideText(guideContents)
	if err != nil {
		return nil, err
	}
	var pages []guidePage
	for _, item := range guideItem.FindAllStringSubmatch(contents, -1) {
		pages = append(pages, guidePage{Title: item[1], Name: item[2], Summary: item[3]})
	}
	return pages, nil
}

// addGuide renders the guide. Each page is served as HTML without an extension, and as Markdown under its file's name.
func (s *Site) addGuide() error {
	if err := s.addGuidePage(guideContents, PathGuide, ""); err != nil {
		return err
	}
	for _, page := range s.guide {
		if err := s.addGuidePage(page.Name+".md", path.Join(PathGuide, page.Name), page.Name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) addGuidePage(file, at, name string) error {
	text, err := guideText(file)
	if err != nil {
		return err
	}
	// Links are relative, so that they work behind a proxy that serves the API below a path.
	below, root := "", "../"
	if at == PathGuide {
		below, root = "guide/", ""
	}
	linked := guideLink.ReplaceAllString(text, "]("+below+"$1$2)")
	content, err := toHTML(strings.ReplaceAll(linked, "](../openapi.yaml", "]("+root+"openapi.yaml"))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	title, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), "\n")
	view := view{Title: title + " · " + s.title, Content: content, Root: root}
	for _, page := range s.guide {
		page.Href = below + page.Name
		if page.Name == name {
			for _, heading := range guideHeading.FindAllStringSubmatch(text, -1) {
				page.Headings = append(page.Headings, heading[1])
			}
		}
		view.Guide = append(view.Guide, page)
	}
	if s.Pages[at], err = render(view); err != nil {
		return err
	}
	s.Pages[path.Join(PathGuide, file)] = newPage("text/markdown; charset=utf-8", []byte(text))
	return nil
}

// guideText reads a page. Its links to other files of the repository lead to the code host, but for the API's document,
// which the server has itself.
func guideText(file string) (string, error) {
	text, err := guideFiles.ReadFile("guide/" + file)
	if err != nil {
		return "", fmt.Errorf("guide: %w", err)
	}
	outward := strings.ReplaceAll(string(text), "](../../../openapi.yaml", "](../openapi.yaml")
	return strings.ReplaceAll(outward, "](../../../", "]("+repository+"/blob/main/"), nil
}
