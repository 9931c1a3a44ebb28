package app

import (
	"context"
	"testing"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
)

func TestSpike(t *testing.T) {
	dbtest.Each(t, migrations.Files, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		ready := make(chan string, 1)
		done := make(chan error, 1)
		go func() {
			done <- books.Serve(ctx, books.Options{Listen: "127.0.0.1:0", Dir: t.TempDir(), Token: "x", Ready: func(u string) { ready <- u }})
		}()
		defer func() { cancel(); <-done }()
		var url string
		select {
		case url = <-ready:
		case err := <-done:
			t.Fatal(err)
		}
		box := outbox.New(d, "test")
		e := erpsync.New(box, books.Connect(url, "x"), customer.Merchant{Conn: "books", Name: "B", Currency: "CAD", Rounding: money.Default, Zone: time.UTC}, erpsync.Policy{})
		wire(box, e)
		if err := e.Start(ctx); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := e.Round(ctx, true); err != nil {
			t.Fatal(err)
		}
		t.Log("first load", time.Since(start))
		start = time.Now()
		if err := e.Round(ctx, true); err != nil {
			t.Fatal(err)
		}
		t.Log("idle round", time.Since(start))
		var who access.Actor
		var o order.Order
		err := d.WriteAs(ctx, "x", func(tx *db.Tx) error {
			c, err := customer.ByCode(ctx, tx, "books", "C1001")
			if err != nil {
				return err
			}
			who = access.Actor{Person: "p", Customer: c.ID, Roles: []access.Role{access.CompanyAdmin}}
			if err := order.Add(ctx, tx, who, e.Merchant(), "PRD-012", "5"); err != nil {
				return err
			}
			if err := order.Add(ctx, tx, who, e.Merchant(), "PRD-001", "2"); err != nil {
				return err
			}
			cart, err := order.CartOf(ctx, tx, who, c, e.Merchant())
			if err != nil {
				return err
			}
			a, _ := customer.ShipTos(ctx, tx, c)
			m, _ := customer.Methods(ctx, tx, "books", erp.KindDeliveryMethod)
			t.Logf("%+v", a)
			o, err = order.Place(ctx, tx, who, e.Merchant(), order.Wish{Cart: cart.ID, ShipTo: a[0].ERP, Delivery: m[0].ERP, PONumber: "BC-1", Prices: cart.Prices})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", o.Totals)
		for range 5 {
			did, err := box.Step(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !did {
				break
			}
		}
		d.Read(ctx, func(tx *db.Tx) error {
			o, err := order.Find(ctx, tx, who, o.ID)
			t.Logf("%v %s %s %+v", err, o.State, o.ERPNumber, o.ERPTotals)
			ds, _ := outbox.DeliveriesAbout(ctx, tx, o.ID)
			t.Logf("%+v", ds)
			fs, _ := outbox.About(ctx, tx, o.ID)
			for _, f := range fs {
				t.Log(f.Kind, f.Body)
			}
			return nil
		})
	})
}
