package comptoirtest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
)

// What is open at a company is added up as its invoices say, whatever becomes of
// them: paid in part, given another date, to another company, cancelled, gone.
func TestWhatIsOpenAddsUpToWhatTheInvoicesSay(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			h := comptoirtest.Open(t, engine, instant.New(2, 1), comptoirtest.NewClock())
			dice := rand.New(rand.NewPCG(14, 0))
			live := map[string]erp.Invoice{}
			for range 60 {
				id := fmt.Sprint("f", dice.IntN(12))
				if dice.IntN(6) == 0 {
					h.ERP.Delete(erp.KindInvoice, id)
					delete(live, id)
				} else {
					minor := []int64{0, 100, 2500, 70000, -100, -3000}[dice.IntN(6)]
					open := money.Amount{Minor: minor, Currency: []string{"CAD", "USD"}[dice.IntN(2)]}
					live[id] = erp.Invoice{Number: id, Customer: fmt.Sprint("c", 1+dice.IntN(2)), Date: "2026-11-01",
						Due: []erp.Instalment{{Date: fmt.Sprintf("2026-12-%02d", 1+dice.IntN(3)), Amount: open}}, Totals: erp.Totals{Net: open, Total: open}, Open: open, State: "open"}
					h.ERP.Set(erp.KindInvoice, id, live[id])
				}
				if err := h.Engine.Round(h.Ctx, true); err != nil {
					t.Fatal(err)
				}
				if err := h.Engine.Sweep(h.Ctx, erp.KindInvoice); err != nil {
					t.Fatal(err)
				}
				for _, c := range h.ERP.Customers {
					want, got := map[string]int64{}, map[string]int64{}
					for _, i := range live {
						if i.Customer == c && i.Open.Minor != 0 {
							want[fmt.Sprint(i.Due[0].Date, i.Open.Currency, i.Open.Minor < 0)] += i.Open.Minor
						}
					}
					h.Read(func(tx *db.Tx) error {
						all, err := invoice.Open(h.Ctx, tx, h.Engine.Merchant().Conn, c)
						for _, o := range all {
							got[fmt.Sprint(o.Due, o.Open.Currency, o.Open.Minor < 0)] += o.Open.Minor
						}
						return err
					})
					if !maps.Equal(got, want) {
						t.Fatalf("%s: %v, want %v", c, got, want)
					}
				}
			}
		})
	}
}
