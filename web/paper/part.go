package paper

import (
	"unicode"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// room says whether so many millimetres are left; otherwise it turns the page.
func (s *sheet) room(h float64) bool {
	if s.pdf.GetY()+h <= height-foot {
		return true
	}
	s.pdf.AddPage()
	return false
}

func (s *sheet) part(part Part) {
	if part.Heading != "" {
		s.room(6 * line)
		s.pdf.SetXY(margin, s.pdf.GetY()+2)
		s.text(11, "B", width-2*margin, part.Heading, "L")
		s.pdf.SetXY(margin, s.pdf.GetY()+line+1.5)
	}
	if len(part.Columns) > 0 {
		s.table(part)
	}
	if len(part.Sums) > 0 {
		s.sums(part)
	}
	if part.Note != "" {
		s.pdf.SetFont("go", "", 8.5)
		for _, text := range s.pdf.SplitText(printable(part.Note), width-2*margin) {
			s.room(line)
			s.text(8.5, "", width-2*margin, text, "L")
			s.pdf.SetXY(margin, s.pdf.GetY()+line)
		}
	}
	s.pdf.SetXY(margin, s.pdf.GetY()+3)
}

// table draws rows of as many lines as their texts need, with the heads again on
// each page.
func (s *sheet) table(part Part) {
	widths := make([]float64, len(part.Columns))
	rest := width - 2*margin
	for i, c := range part.Columns {
		widths[i] = c.Width
		rest -= c.Width
	}
	for i, c := range part.Columns {
		if c.Width == 0 {
			widths[i] = rest
		}
	}
	labels := make([]string, len(part.Columns))
	for i, c := range part.Columns {
		labels[i] = c.Label
	}
	s.heads(part.Columns, widths, labels)
	for _, cells := range part.Rows {
		lines, most := s.wrap(widths, cells, "")
		if h := float64(most)*line + 2; !s.room(h) {
			s.heads(part.Columns, widths, labels)
		}
		s.row(part.Columns, widths, lines, most, "")
		y := s.pdf.GetY()
		s.pdf.SetDrawColor(200, 205, 200)
		s.pdf.Line(margin, y, width-margin, y)
	}
}

func (s *sheet) heads(columns []Column, widths []float64, labels []string) {
	s.pdf.SetDrawColor(0, 0, 0)
	y := s.pdf.GetY()
	s.pdf.Line(margin, y, width-margin, y)
	lines, most := s.wrap(widths, labels, "B")
	s.row(columns, widths, lines, most, "B")
	y = s.pdf.GetY()
	s.pdf.Line(margin, y, width-margin, y)
	s.pdf.Line(margin, y+0.7, width-margin, y+0.7)
	s.pdf.SetXY(margin, y+0.9)
}

// wrap breaks the texts of a row into lines, and says how many there are at most.
func (s *sheet) wrap(widths []float64, cells []string, style string) (lines [][]string, most int) {
	s.pdf.SetFont("go", style, 8.5)
	for i, cell := range cells {
		broken := s.pdf.SplitText(printable(cell), widths[i]-2)
		lines = append(lines, broken)
		most = max(most, len(broken))
	}
	return lines, max(most, 1)
}

func (s *sheet) row(columns []Column, widths []float64, lines [][]string, most int, style string) {
	top, x := s.pdf.GetY()+1, margin
	for i := range columns {
		align := "L"
		if columns[i].Right {
			align = "R"
		}
		for n, text := range lines[i] {
			s.pdf.SetXY(x, top+float64(n)*line)
			s.text(8.5, style, widths[i], text, align)
		}
		x += widths[i]
	}
	s.pdf.SetXY(margin, top+float64(most)*line+1)
}

// sums stand at the right, kept together.
func (s *sheet) sums(part Part) {
	const w, amounts = 86.0, 38.0
	s.room(float64(len(part.Sums))*(line+1) + 4)
	for _, sum := range part.Sums {
		y, style := s.pdf.GetY(), ""
		if sum.Total {
			style = "B"
			s.pdf.SetDrawColor(0, 0, 0)
			s.pdf.Line(width-margin-w, y, width-margin, y)
			y += 0.8
		}
		s.pdf.SetXY(width-margin-w, y)
		s.text(9, style, w-amounts, sum.Label, "L")
		s.text(9, style, amounts, sum.Value, "R")
		s.pdf.SetXY(margin, y+line+1)
	}
}

var font, _ = sfnt.Parse(goregular.TTF) // its test reads it

// printable is a text in letters that the font has: spaces of every kind do not
// break, a letter with a mark that it lacks loses the mark, anything else is a
// question mark.
func printable(text string) string {
	var b sfnt.Buffer
	has := func(r rune) bool {
		i, err := font.GlyphIndex(&b, r)
		return err == nil && i != 0 && r < 0x10000
	}
	var out []rune
	for _, r := range text {
		plain := []rune(norm.NFKD.String(string(r)))
		switch {
		case r == ' ' || r == '\u00a0' || !unicode.IsSpace(r) && has(r):
			out = append(out, r)
		case unicode.IsSpace(r) && r < 0x80:
			out = append(out, ' ')
		case unicode.IsSpace(r):
			out = append(out, '\u00a0')
		case has(plain[0]):
			out = append(out, plain[0])
		default:
			out = append(out, '?')
		}
	}
	return string(out)
}
