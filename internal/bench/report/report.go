// Package report writes down what was measured, for the terminal and as Markdown.
package report

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Section is one part of the report.
type Section struct {
	Title string
	Table [][]string // the first row is its head
	Notes []string
}

// Report is everything that was measured.
type Report []Section

// Publish prints the report and, where a file is named, writes it there as Markdown.
func (r Report) Publish(file string) error {
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

func (s Section) text(out *strings.Builder) {
	fmt.Fprintf(out, "\n%s\n\n", s.Title)
	widths := s.widths()
	for _, row := range s.Table {
		out.WriteString("  " + strings.TrimRight(strings.Join(padded(row, widths), "  "), " ") + "\n")
	}
	out.WriteString("\n")
	for _, note := range s.Notes {
		out.WriteString(wrapped(note, 118))
	}
}

func (s Section) markdown(out *strings.Builder) {
	fmt.Fprintf(out, "## %s\n\n", s.Title)
	widths := s.widths()
	for i, row := range s.Table {
		out.WriteString("| " + strings.Join(padded(row, widths), " | ") + " |\n")
		if i == 0 {
			out.WriteString("|---" + strings.Repeat("|--:", len(row)-1) + "|\n")
		}
	}
	out.WriteString("\n")
	for _, note := range s.Notes {
		out.WriteString("- " + note + "\n")
	}
	out.WriteString("\n")
}

func (s Section) widths() []int {
	widths := make([]int, len(s.Table[0]))
	for _, row := range s.Table {
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

// Median returns the median of some figures.
func Median[Figure float64 | time.Duration | int64](figures []Figure) Figure {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}

// Grouped writes a number without decimals: 1,234,567. Of nothing it writes nothing.
func Grouped(n float64) string {
	if n == 0 {
		return ""
	}
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// Ratio writes a ratio; of what is not known it writes nothing.
func Ratio(r float64) string {
	if r == 0 {
		return ""
	}
	return strconv.FormatFloat(r, 'f', 2, 64)
}

// Milliseconds writes a time.
func Milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) + " ms"
}

// Megabytes writes an amount of memory; of what is not known it writes nothing.
func Megabytes(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 1, 64) + " MB"
}
