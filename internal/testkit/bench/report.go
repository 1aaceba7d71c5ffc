package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// section is one part of the report.
type section struct {
	title string
	table [][]string // the first row is its head
	notes []string
	plans []string
}

type report []section

// publish prints the report and, where a file is named, writes it there as Markdown.
func (r report) publish(file string) error {
	var text, markdown strings.Builder
	for _, s := range r {
		s.text(&text)
		s.markdown(&markdown)
	}
	if _, err := os.Stdout.WriteString(text.String()); err != nil || file == "" {
		return err
	}
	return os.WriteFile(file, []byte(markdown.String()), 0o644)
}

func (s section) text(out *strings.Builder) {
	fmt.Fprintf(out, "\n%s\n\n", s.title)
	widths := s.widths()
	for _, row := range s.table {
		out.WriteString("  " + strings.TrimRight(strings.Join(padded(row, widths), "  "), " ") + "\n")
	}
	out.WriteString("\n")
	for _, note := range s.notes {
		out.WriteString(wrapped(note, 118))
	}
	for _, plan := range s.plans {
		out.WriteString("\n" + plan + "\n")
	}
}

func (s section) markdown(out *strings.Builder) {
	fmt.Fprintf(out, "## %s\n\n", s.title)
	widths := s.widths()
	for i, row := range s.table {
		out.WriteString("| " + strings.Join(padded(row, widths), " | ") + " |\n")
		if i == 0 {
			out.WriteString("|---" + strings.Repeat("|--:", len(row)-1) + "|\n")
		}
	}
	out.WriteString("\n")
	for _, note := range s.notes {
		out.WriteString("- " + note + "\n")
	}
	for _, plan := range s.plans {
		out.WriteString("\n```\n" + plan + "\n```\n")
	}
	out.WriteString("\n")
}

func (s section) widths() []int {
	widths := make([]int, len(s.table[0]))
	for _, row := range s.table {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// padded aligns the first column left and the numbers right.
func padded(row []string, widths []int) []string {
	cells := make([]string, len(row))
	for i, cell := range row {
		space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if cells[i] = space + cell; i == 0 {
			cells[i] = cell + space
		}
	}
	return cells
}

// wrapped breaks a text at spaces, as an item of a list.
func wrapped(text string, width int) string {
	var out strings.Builder
	line := "-"
	for word := range strings.FieldsSeq(text) {
		if utf8.RuneCountInString(line+" "+word) > width {
			out.WriteString(line + "\n")
			line = " "
		}
		line += " " + word
	}
	return out.String() + line + "\n"
}

// grouped writes a number without decimals: 1,234,567.
func grouped(n float64) string {
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

func ratio(a, b float64) string { return strconv.FormatFloat(a/b, 'f', 2, 64) }

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) + " ms"
}
