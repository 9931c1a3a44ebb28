package comptoirtest_test

import (
	"context"
	"testing"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
)

// unpriced is an ERP whose carrier has no price before the goods are weighed,
// and that computes no quotes.
type unpriced struct{ erp.Connector }

func (u unpriced) Probe(ctx context.Context) (erp.Capabilities, error) {
	c, err := u.Connector.Probe(ctx)
	c.QuoteLive = false
	return c, err
}

func (u unpriced) Changed(ctx context.Context, kind erp.Kind, cursor string, limit int) (erp.Page, error) {
	page, err := u.Connector.Changed(ctx, kind, cursor, limit)
	return page, withoutFreight(page.Records, err)
}

func (u unpriced) Read(ctx context.Context, kind erp.Kind, ids []string) ([]erp.Record, error) {
	records, err := u.Connector.Read(ctx, kind, ids)
	return records, withoutFreight(records, err)
}

func withoutFreight(records []erp.Record, err error) error {
	for i, r := range records {
		if method, is := r.Body.(erp.DeliveryMethod); is {
			method.Freight = nil
			records[i].Body = method
		}
	}
	return err
}

// A way to deliver without a price is said to be confirmed and is in no sum; what
// the ERP adds for it later is no difference that would stop the order.
func TestFreightToBeConfirmedIsSaidAndInNoSum(t *testing.T) {
	connector, _ := startBooks(t)
	_, shop := open(t, "sqlite", unpriced{connector})
	v := comptoirtest.Visit(t, shop).SignIn("buyer@rivard.example", app.DemoPassword)
	fill(v, "PRD-012", "5")
	fill(v, "PRD-001", "2")
	words := []string{"Transport à confirmer", "Sous-total 872,10 $", "TPS 5 % 43,60 $", "TVQ 9,975 % 86,99 $", "Total estimé 1 002,69 $"}
	v.Get("/checkout").MustSee(append(words, "Transport Boréal à confirmer", "Commander 1 002,69 $")...)
	if v.Sees("Transport 0,00 $") {
		t.Error("freight that is not known is shown as free")
	}

	v.Form("/orders").Set("po_number", "BC-7795").Set("act", "place").Send()
	v.MustSee(words...)
	path := v.URL.Path
	comptoirtest.Eventually(t, patience, "the ERP adds its freight, and its total is the order's", func() bool {
		return v.Get(path).Sees("ERP CMD-")
	})
	v.MustSee("Totaux de l’ERP", "Transport 18,00 $", "1 023,39 $")
	desk := comptoirtest.Visit(t, shop).SignIn("finance@boreale.example", app.DemoPassword)
	if desk.Get("/desk/exchange").Sees("BC-7795") || !desk.Sees("Aucun message à traiter") {
		t.Errorf("freight that was to be confirmed stops the order: %s", desk.Text())
	}
}
