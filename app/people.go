package app

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// DemoPassword is everybody's in the demo, which listens on loopback only.
const DemoPassword = "comptoir-demo-1"

// demoPerson is somebody of the demo; code is their company's number in the ERP.
type demoPerson struct {
	email, name, code string
	lang              i18n.Lang
	role              access.Role
}

var demoPeople = []demoPerson{
	{"admin@boreale.example", "Denise Lavoie", "", i18n.FR, access.Admin},
	{"finance@boreale.example", "Hélène Gagné", "", i18n.FR, access.Finance},
	{"manager@boreale.example", "Nathalie Bérubé", "", i18n.FR, access.Manager},
	{"director@boreale.example", "Paul Charest", "", i18n.FR, access.Director},
	{"sales@boreale.example", "Sylvie Houle", "", i18n.FR, access.Sales},
	{"marketing@boreale.example", "Karim Benali", "", i18n.FR, access.Marketing},
	{"auditor@boreale.example", "Agnès Morel", "", i18n.FR, access.Auditor},
	{"admin@rivard.example", "Julie Rivard", "C1001", i18n.FR, access.CompanyAdmin},
	{"buyer@rivard.example", "Marc-André Pelletier", "C1001", i18n.FR, access.Buyer},
	{"approver@rivard.example", "Nadia Roy", "C1001", i18n.FR, access.Approver},
	{"payer@rivard.example", "Luc Dubé", "C1001", i18n.FR, access.Payer},
	{"admin@greatlakes.example", "Sarah Whitfield", "C1004", i18n.EN, access.CompanyAdmin},
	{"buyer@greatlakes.example", "Tom Okafor", "C1004", i18n.EN, access.Buyer},
	{"payer@greatlakes.example", "Grace Lin", "C1004", i18n.EN, access.Payer},
}

// poCompanies want a purchase order number on every order.
var poCompanies = []string{"C1001"}

// SeedPeople lets the demo's people in, once the ERP's customers are here. Doing
// it again changes nothing.
func SeedPeople(ctx context.Context, d *db.DB) error {
	hash, err := access.HashPassword(DemoPassword)
	if err != nil {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		if there, err := peopleThere(ctx, tx); err != nil || there {
			return err
		}
		for _, code := range poCompanies {
			if err := customer.RequirePO(ctx, tx, connection, code, true); err != nil {
				return err
			}
		}
		for _, p := range demoPeople {
			n := access.NewPerson{Email: p.email, Name: p.name, Lang: p.lang, Roles: []access.Role{p.role}}
			if p.code != "" {
				c, err := customer.ByCode(ctx, tx, connection, p.code)
				if err != nil {
					return err
				}
				n.Customer = c.ID
			}
			if _, err := access.Invite(ctx, tx, outbox.By{Actor: "demo"}, n, hash); err != nil {
				return err
			}
		}
		return nil
	})
}

// peopleThere says whether anybody has an account yet.
func peopleThere(ctx context.Context, tx *db.Tx) (bool, error) {
	people, _, _, err := access.Count(ctx, tx)
	return people > 0, err
}
