package comptoirtest_test

import (
	"fmt"
	"sync"
	"testing"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// Companies that pay at the same moment never meet: nobody's payment is done again
// because of another's, from its beginning to the processor's word.
func TestCompaniesThatPayAtOnceAreInNobodysWay(t *testing.T) {
	const each = 20
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			e := instant.New(8, 1)
			till := comptoirtest.OpenTill(t, engine, e, 1)
			for _, c := range e.Customers {
				for range each {
					e.Invoice(c, 10000, "2026-12-01")
				}
			}
			till.Pull()
			var payers []access.Actor
			for i := range e.Customers {
				payers = append(payers, till.Payer(fmt.Sprintf("C%04d", 1001+i)))
			}
			from := payment.Source{Gateway: till.Site.Gateway.Name(), Day: till.Site.Gateway.Day}
			again := till.DB.Retries.Load()
			var all sync.WaitGroup
			for _, who := range payers {
				owes := till.Owes(who)
				all.Go(func() {
					for _, i := range owes {
						p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
						if err != nil {
							t.Error(err)
							return
						}
						id := p.Attempts[0].ID
						m := gateway.Movement{ID: "m-" + id, Kind: gateway.Capture, Reference: id, Payment: "p-" + id, Amount: p.Amount, At: till.Clock.Now()}
						if err := till.DB.WriteAlone(t.Context(), payment.Key(who.Customer), func(tx *db.Tx) error {
							return payment.Told(t.Context(), tx, from, gateway.Fact{Movement: &m})
						}); err != nil {
							t.Error(err)
						}
						if p := till.Stands(p.ID); p.State != payment.Paid {
							t.Errorf("a payment that was taken is %s", p.State)
						}
					}
				})
			}
			all.Wait()
			if n := till.DB.Retries.Load() - again; n > 0 {
				t.Errorf("%d units of work were done again", n)
			}
		})
	}
}
