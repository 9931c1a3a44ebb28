package comptoirtest_test

import (
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/finance/statement"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// sameAges compares every company's aging with the one that the ERP's own open items
// make, on each of some days. Age classes are counted here by themselves: days late,
// by thirty. It says how many companies owe something.
func sameAges(t *testing.T, a *app.App, connector erp.Connector, days ...string) (owing int) {
	t.Helper()
	if err := a.Engine.Round(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	open, err := connector.(erp.Cashier).OpenItems(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = a.DB.Read(t.Context(), func(tx *db.Tx) error {
		ids, err := customer.IDs(t.Context(), tx, a.Engine.Merchant().Conn)
		for theirs, ours := range ids {
			who := access.Actor{Person: "auditor", Customer: ours, Roles: []access.Role{access.CompanyAdmin}}
			for _, day := range days {
				want, credits := make([]int64, 5), int64(0)
				for _, i := range open {
					today, _ := time.Parse(time.DateOnly, day)
					due, _ := time.Parse(time.DateOnly, i.Due)
					late := int(today.Sub(due).Hours() / 24)
					switch {
					case i.Customer != theirs:
					case i.Open.Minor < 0:
						credits -= i.Open.Minor
					default:
						want[min(max((late+29)/30, 0), 4)] += i.Open.Minor
					}
				}
				aged, err := payment.Aging(t.Context(), tx, who, day)
				if err != nil {
					return err
				}
				if got := classes(aged); !slices.Equal(got, want) || aged.Credits.Minor != credits {
					t.Errorf("%s on %s: %v less %d, the ERP has %v less %d", theirs, day, got, aged.Credits.Minor, want, credits)
				}
				if day == days[0] && !slices.Equal(want, make([]int64, 5)) {
					owing++
				}
			}
			today, err := statement.Of(t.Context(), tx, who, a.Engine.Merchant(), "", "")
			if err != nil {
				return err
			}
			aged, err := payment.Aging(t.Context(), tx, who, today.To)
			if err != nil {
				return err
			}
			if on := today.Accounts[0].Open.Aged; !slices.Equal(classes(on), classes(aged)) || on.Credits != aged.Credits {
				t.Errorf("%s: the statement of today ages %v less %d, the page of invoices %v less %d", theirs, classes(on), on.Credits.Minor, classes(aged), aged.Credits.Minor)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return owing
}

func classes(a invoice.Aged) (minor []int64) {
	for _, class := range a.By {
		minor = append(minor, class.Minor)
	}
	return minor
}

// around is today and days on which the same items are older.
func around(a *app.App) (days []string) {
	for _, later := range []int{0, 1, 29, 30, 31, 60, 61, 90, 91, 200} {
		days = append(days, a.Engine.Merchant().Day(a.DB.Now().AddDate(0, 0, later)))
	}
	return days
}

func TestOurAgingIsTheERPs(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			connector, _ := startBooks(t)
			a, _ := open(t, engine, connector)
			if owing := sameAges(t, a, connector, around(a)...); owing < 2 {
				t.Errorf("only %d companies owe something: too few to compare", owing)
			}
		})
	}
}

// An invoice of two instalments is as old as the first that is not paid.
func TestAnInvoiceIsAsOldAsItsFirstUnpaidInstalment(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		who := till.Payer("C1001")
		for paid, want := range map[int64]string{0: "2026-10-01", 499: "2026-10-01", 500: "2026-12-01", 700: "2026-12-01", 1000: "2026-12-01"} {
			till.ERP.Set(erp.KindInvoice, "two", erp.Invoice{Number: "F-two", Customer: "c1", Date: "2026-10-01", State: "open", Totals: erp.Totals{Net: cad(1000), Total: cad(1000)},
				Open: cad(1000 - paid), Due: []erp.Instalment{{Date: "2026-10-01", Amount: cad(500)}, {Date: "2026-12-01", Amount: cad(500)}}})
			till.Pull()
			if got := till.Owes(who)[0].Due; got != want {
				t.Errorf("%d of 1000 paid: due %s, want %s", paid, got, want)
			}
		}
	})
}
