package ui

import (
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
)

func french() *i18n.Printer { return i18n.MustLoad(Text).Printer(i18n.FR, time.UTC) }

func TestALadderSaysWhereTheBuyerStandsAndWhatIsMissing(t *testing.T) {
	p, plain := french(), func(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }
	for quantity, want := range map[string]struct {
		here int
		hint string
	}{
		"0":    {-1, ""},
		"1":    {0, "Encore 4 pour payer 170,10 $"},
		"4.5":  {0, "Encore 0,5 pour payer 170,10 $"},
		"5":    {1, "Encore 5 pour payer 160,65 $"},
		"10":   {2, "Dernier palier atteint"},
		"1000": {2, "Dernier palier atteint"},
	} {
		l := showLadder(0)
		l.Quantity = money.Must(quantity)
		if got := l.here(); got != want.here {
			t.Errorf("%s stands on step %d, not %d", quantity, got, want.here)
		}
		if got := plain(l.Hint(p)); got != want.hint {
			t.Errorf("%s: %q, not %q", quantity, got, want.hint)
		}
	}
	var said []string
	for _, r := range showLadder(6).Rungs(p) {
		said = append(said, r.Words)
	}
	if got := strings.Join(said, "; "); got != "1 à 4; 5 à 9; 10 et plus" {
		t.Error(got)
	}
	if got := plain(showCut().Rungs(p)[0].Words); got != "moins de 1 000" {
		t.Error(got)
	}
}

func TestALinesSentenceAndItsBarAddUp(t *testing.T) {
	p := french()
	for _, line := range showLines() {
		sum := line.share(line.Shipped) + line.share(line.Preparing) + line.share(line.Open())
		if !line.Cancelled && sum != 100 {
			t.Errorf("%+v fills %d %%", line, sum)
		}
		if _, _, words := line.sentence(p); words == "" {
			t.Errorf("%+v says nothing", line)
		}
	}
	over := Line{Ordered: money.Int(2), Shipped: money.Int(3)}
	if !over.Open().IsZero() {
		t.Error("more than ordered left, and something still waits")
	}
}

func TestAFigureOlderThanItsLimitSaysSo(t *testing.T) {
	p, now := french(), showNow
	for name, c := range map[string]struct {
		figure AsOf
		want   string
	}{
		"fresh":     {AsOf{Stamp: asof.Stamp{At: now.Add(-time.Minute), Limit: time.Hour}, Now: now}, "Selon l’ERP, 19 h 01"},
		"old":       {AsOf{Stamp: asof.Stamp{At: now.Add(-2 * time.Hour), Limit: time.Hour}, Now: now}, "Périmé : Selon l’ERP, 17 h 02, limite 1 h"},
		"yesterday": {AsOf{Stamp: asof.Stamp{At: now.Add(-24 * time.Hour)}, Now: now}, "Selon l’ERP, 2026-11-22, 19 h 02"},
	} {
		before, when, after := c.figure.sentence(p)
		if got := strings.ReplaceAll(before+when+after, "\u00a0", " "); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAnUnknownFreightIsSaidAndInNoSum(t *testing.T) {
	rows := TotalRows(french(), showTotals(false), true)
	if rows[1].Value != "à confirmer" || !rows[1].Words {
		t.Errorf("%+v", rows[1])
	}
	with := TotalRows(french(), showTotals(true), false)
	if got := strings.ReplaceAll(with[0].Value, "\u00a0", " "); got != "5 242,02 $" {
		t.Errorf("goods are %s", got)
	}
	if last := with[len(with)-1]; !last.Total || len(with) != 5 {
		t.Errorf("%+v", with)
	}
}

func TestAProductFindsItsDrawing(t *testing.T) {
	for name, want := range map[string]string{
		"Vis à bois no 8 x 1-1/2 po": "screw", "Boulon hexagonal M8 x 40": "bolt", "Coupe-boulons 24 po": "tool", "Casque de chantier blanc": "helmet",
		"Protège-oreilles NRR 27": "earmuffs", "Fil d'acier 2 mm": "wire", "Tige filetée M10, 1 m": "bolt",
	} {
		if got := Drawing(name, ""); got != want {
			t.Errorf("%s is drawn as %s", name, got)
		}
	}
	if Drawing("Bottes de sécurité, taille 10", "Sécurité") != "helmet" || Drawing("Chose", "Divers") != "crate" {
		t.Error("a family or nothing known")
	}
	for _, d := range drawn {
		if engravings[d.drawing] == "" {
			t.Errorf("%s points at no drawing", d.word)
		}
	}
}
