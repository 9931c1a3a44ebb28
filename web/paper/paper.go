// Package paper prints a document as PDF: a head, facts, tables whose heads come
// again on each page, and totals, on Letter paper. It knows no document; who prints
// one says what stands on it, already written in the reader's language.
package paper

import (
	"bytes"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/web/ui"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// Document is what is to be printed.
type Document struct {
	From  []string // the merchant: its name, then how to reach it
	To    []string // the company: its name, then its address
	Title string   // and a number
	Facts []Fact
	Parts []Part
	Made  time.Time
}

// Fact is a label and what it says: the day, the purchase order.
type Fact struct{ Label, Value string }

// Part is a table, sums or a note under a heading; what is empty is left out.
type Part struct {
	Heading string
	Columns []Column
	Rows    [][]string // as many cells as there are columns
	Sums    []ui.Sum
	Note    string
}

// Column is a column of a table.
type Column struct {
	Label string
	Width float64 // mm; one column may have 0, the rest
	Right bool    // figures
}

// Letter paper, in millimetres.
const (
	width, height = 215.9, 279.4
	margin        = 17.0
	line          = 4.6
	foot          = 16.0
)

// PDF prints a document. It is made twice: the first time to learn how many pages it
// has.
func PDF(p *i18n.Printer, d Document) ([]byte, error) {
	first := draw(p, d, 0)
	if err := first.pdf.Error(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err := draw(p, d, first.pdf.PageCount()).pdf.Output(&b)
	return b.Bytes(), err
}

// sheet is a document while it is drawn.
type sheet struct {
	pdf   *fpdf.Fpdf
	p     *i18n.Printer
	d     Document
	pages int
}

func draw(p *i18n.Printer, d Document, pages int) *sheet {
	s := &sheet{fpdf.New("P", "mm", "Letter", ""), p, d, pages}
	s.pdf.AddUTF8FontFromBytes("go", "", goregular.TTF)
	s.pdf.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	s.pdf.SetMargins(margin, margin, margin)
	s.pdf.SetAutoPageBreak(false, 0)
	s.pdf.SetLang(string(p.Lang))
	s.pdf.SetTitle(printable(d.Title), true)
	s.pdf.SetAuthor(printable(d.From[0]), true)
	s.pdf.SetCreationDate(d.Made)
	s.pdf.SetModificationDate(d.Made)
	s.pdf.SetCatalogSort(true)
	s.pdf.SetHeaderFunc(s.again)
	s.pdf.SetFooterFunc(s.number)
	s.pdf.AddPage()
	s.head()
	for _, part := range d.Parts {
		s.part(part)
	}
	return s
}

// again is the head of every page but the first.
func (s *sheet) again() {
	if s.pdf.PageNo() == 1 {
		return
	}
	s.pdf.SetXY(margin, margin)
	s.text(8.5, "", (width-2*margin)/2, s.d.From[0]+" · "+s.d.To[0], "L")
	s.text(8.5, "", (width-2*margin)/2, s.d.Title, "R")
	s.pdf.SetXY(margin, margin+2*line)
}

// number is the foot of every page.
func (s *sheet) number() {
	s.pdf.SetXY(margin, height-foot+4)
	s.text(8, "", width-2*margin, s.p.T("ui.page_of", "page", s.pdf.PageNo(), "pages", s.pages), "R")
}

// head is the head of the first page.
func (s *sheet) head() {
	half := (width - 2*margin) / 2
	top := s.column(margin, margin, half, 13, s.d.From)
	y := margin
	s.pdf.SetXY(margin+half, y)
	s.text(15, "B", half, s.d.Title, "R")
	y += 9
	for _, f := range s.d.Facts {
		s.pdf.SetXY(margin+half, y)
		s.text(9, "", half-34, f.Label, "R")
		s.text(9, "B", 34, f.Value, "R")
		y += line
	}
	below := s.column(margin, max(top, margin+18)+3, half, 10, s.d.To)
	s.pdf.SetXY(margin, max(y, below)+4)
}

// column is a block of lines, the first of them bold, and where it ends.
func (s *sheet) column(x, y, w, size float64, lines []string) float64 {
	for i, text := range lines {
		s.pdf.SetXY(x, y)
		if i == 0 {
			s.text(size, "B", w, text, "L")
			y += max(line, size*0.45)
			continue
		}
		s.text(9, "", w, text, "L")
		y += line
	}
	return y
}

// text writes a line where the pen stands and moves it to the right.
func (s *sheet) text(size float64, style string, w float64, text, align string) {
	s.pdf.SetFont("go", style, size)
	s.pdf.CellFormat(w, line, printable(text), "", 0, align, false, 0, "")
}
