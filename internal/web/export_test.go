package web

// ToHTML renders Markdown as the pages are rendered.
var ToHTML = toHTML
