package books

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// The demo merchant, Quincaillerie Boréale inc. of Montréal: the same customers,
// products, prices, taxes and sample orders as in the other demo ERP.
const company = "Quincaillerie Boréale inc."

// Families, and products: family, English, French, list price, cost, unit,
// pieces in the unit, pieces on hand ("" is a service). Codes are PRD-001 on.
var (
	seedFamilies = map[string]erp.Text{"Fasteners": {FR: "Visserie", EN: "Fasteners"}, "Tools": {FR: "Outillage", EN: "Tools"}, "Safety": {FR: "Sécurité", EN: "Safety"}}
	seedItems    = []string{
		"Fasteners|Wood screw #8 x 1-1/2 in|Vis à bois no 8 x 1-1/2 po|0.12|0.05|bx100|100|50000",
		"Fasteners|Deck screw #10 x 3 in|Vis à terrasse no 10 x 3 po|0.21|0.09|bx100|100|40000",
		"Fasteners|Hex bolt M8 x 40|Boulon hexagonal M8 x 40|0.45|0.18|u|1|12000",
		"Fasteners|Hex nut M8|Écrou hexagonal M8|0.10|0.03|u|1|20000",
		"Fasteners|Flat washer M8|Rondelle plate M8|0.06|0.02|u|1|30000",
		"Fasteners|Threaded rod M10, 1 m|Tige filetée M10, 1 m|6.90|3.10|u|1|400",
		"Fasteners|Concrete anchor 3/8 in|Ancrage à béton 3/8 po|1.85|0.74|u|1|5000",
		"Fasteners|Finishing nails, bulk|Clous de finition en vrac|7.25|3.60|kg|1|900",
		"Fasteners|Steel wire 2 mm|Fil d'acier 2 mm|1.15|0.42|m|1|8000",
		"Fasteners|Corner bracket 50 mm|Équerre 50 mm|2.40|0.95|u|1|3000",
		"Tools|Claw hammer 16 oz|Marteau à panne fendue 16 oz|24.50|12.10|u|1|220",
		"Tools|Cordless drill 18 V|Perceuse sans fil 18 V|189.00|118.00|u|1|85",
		"Tools|Impact driver 18 V|Visseuse à chocs 18 V|209.00|129.00|u|1|64",
		"Tools|Circular saw 7-1/4 in|Scie circulaire 7-1/4 po|164.95|98.40|u|1|40",
		"Tools|Tape measure 8 m|Ruban à mesurer 8 m|17.99|7.20|u|1|500",
		"Tools|Torpedo level|Niveau torpille|21.75|9.80|u|1|160",
		"Tools|Drill bit set, 21 pc|Jeu de forets, 21 pièces|39.90|17.50|u|1|300",
		"Tools|Hacksaw|Scie à métaux|19.25|8.40|u|1|140",
		"Tools|Bolt cutter 24 in|Coupe-boulons 24 po|58.00|29.90|u|1|45",
		"Tools|Work light LED 20 W|Lampe de travail DEL 20 W|64.50|31.25|u|1|0",
		"Safety|Safety glasses, clear|Lunettes de sécurité claires|6.80|2.45|u|1|1500",
		"Safety|Nitrile gloves, box of 100|Gants de nitrile, boîte de 100|18.40|8.90|u|1|2000",
		"Safety|Hard hat, white|Casque de chantier blanc|22.00|10.60|u|1|350",
		"Safety|Hi-vis vest, class 2|Veste haute visibilité, classe 2|15.50|6.10|u|1|600",
		"Safety|Ear muffs NRR 27|Protège-oreilles NRR 27|27.30|13.00|u|1|180",
		"Safety|N95 respirator, box of 20|Respirateur N95, boîte de 20|31.00|14.75|u|1|800",
		"Safety|First aid kit, 25 people|Trousse de secours, 25 personnes|74.00|38.20|u|1|60",
		"Safety|Fall harness|Harnais antichute|149.00|86.00|u|1|25",
		"Safety|Safety boots, size 10|Bottes de sécurité, taille 10|139.95|81.00|u|1|70",
		"Safety|Equipment calibration visit|Visite d'étalonnage|95.00|0.00|u|1|",
	}
)

// Units: symbol, French, English, decimals.
var seedUnits = []erp.Unit{
	{Symbol: "u", Name: erp.Text{FR: "Unité", EN: "Unit"}},
	{Symbol: "bx100", Name: erp.Text{FR: "Boîte de 100", EN: "Box of 100"}},
	{Symbol: "kg", Name: erp.Text{FR: "Kilogramme", EN: "Kilogram"}, Digits: 2},
	{Symbol: "m", Name: erp.Text{FR: "Mètre", EN: "Meter"}, Digits: 2},
}

// Price lists: item, family, from how many pieces, base, factor.
var seedLists = []PriceList{
	{Name: "CONTRACTOR", Lines: []PriceLine{
		rule("PRD-012", "", 10, "unit", "0.85"), rule("PRD-012", "", 5, "unit", "0.90"),
		rule("", "Fasteners", 1000, "unit", "0.80"), rule("", "Fasteners", 0, "unit", "0.90"),
		rule("", "", 0, "unit", "0.95")}},
	{Name: "DISTRIBUTOR", Lines: []PriceLine{
		rule("PRD-022", "", 144, "fixed", "11.25"), rule("PRD-022", "", 48, "fixed", "12.00"), rule("PRD-022", "", 0, "fixed", "12.90"),
		rule("", "Fasteners", 5000, "cost", "1.25"), rule("", "Fasteners", 0, "cost", "1.40"),
		rule("", "Tools", 12, "list", "0.72"), rule("", "", 0, "list", "0.78")}},
	{Name: "KEY ACCOUNT", Lines: []PriceLine{
		rule("PRD-026", "", 200, "fixed", "22.40"), rule("PRD-026", "", 50, "fixed", "24.80"),
		rule("", "Safety", 24, "unit", "0.75"), rule("", "Safety", 0, "unit", "0.82"),
		rule("", "", 100, "unit", "0.84"), rule("", "", 0, "unit", "0.90")}},
}

func rule(item, family string, from int64, base, factor string) PriceLine {
	return PriceLine{item, family, money.Int(from), base, money.Must(factor)}
}

// Taxes, and which of them each tax class of customers pays on goods.
var (
	seedTaxes = []erp.Tax{
		{Name: erp.Text{FR: "TPS 5 %", EN: "GST 5%"}, Rate: money.Must("0.05")},
		{Name: erp.Text{FR: "TVQ 9,975 %", EN: "QST 9.975%"}, Rate: money.Must("0.09975")},
		{Name: erp.Text{FR: "TVH 13 %", EN: "HST 13%"}, Rate: money.Must("0.13")},
		{Name: erp.Text{FR: "TVH 15 %", EN: "HST 15%"}, Rate: money.Must("0.15")},
	}
	seedCases = []struct {
		customer string
		taxes    []int
	}{{"", []int{0, 1}}, {"Ontario", []int{2}}, {"Atlantic", []int{3}}, {"Rest of Canada", []int{0}}, {"Exempt", nil}}
)

// taxable is the tax class of everything sold.
const taxable = "taxable"

var seedTerms = []Term{
	{Code: "Net 30", Name: erp.Text{FR: "Net 30 jours", EN: "Net 30"}, Parts: []Part{{money.Int(1), 30}}},
	{Code: "Net 60", Name: erp.Text{FR: "Net 60 jours", EN: "Net 60"}, Parts: []Part{{money.Int(1), 60}}},
	{Code: "Due on receipt", Name: erp.Text{FR: "Payable sur réception", EN: "Due on receipt"}, Parts: []Part{{money.Int(1), 0}}},
	{Code: "50/50", Name: erp.Text{FR: "50 % à la commande, 50 % à 30 jours", EN: "50/50"}, Parts: []Part{{money.Must("0.5"), 0}, {money.Must("0.5"), 30}}},
}

var seedMethods = []erp.PaymentMethod{
	{Name: erp.Text{FR: "Carte (portail)", EN: "Card (portal)"}, Class: "card"},
	{Name: erp.Text{FR: "Virement", EN: "EFT"}, Class: "bank_debit"},
	{Name: erp.Text{FR: "Chèque", EN: "Cheque"}, Class: "cheque"},
}

// Customers: code, name, language, street, city, postal code, region, price
// list, term, tax class, credit limit ("" is none), and a second address.
var seedCustomers = []string{
	"C1001|Construction Rivard ltée|fr-CA|1200, rue Sherbrooke O|Montréal|H3A 1H6|CA-QC|CONTRACTOR|Net 30||15000|Chantier Laval|455, boul. Chomedey|Laval|H7V 2X4|CA-QC",
	"C1002|Menuiserie Tremblay inc.|fr-CA|87, rue Saint-Jean|Québec|G1R 1N4|CA-QC|CONTRACTOR|Net 30||8000",
	"C1003|Distribution Nordik S.E.N.C.|fr-CA|3300, boul. Royal|Trois-Rivières|G9A 4M3|CA-QC|DISTRIBUTOR|Net 60||60000|Entrepôt 2|18, rue du Port|Sept-Îles|G4R 5E1|CA-QC",
	"C1004|Great Lakes Supply Co.|en-CA|240 King St W|Toronto|M5V 1J5|CA-ON|DISTRIBUTOR|Net 30|Ontario|40000|Hamilton yard|77 Burlington St E|Hamilton|L8L 4G8|CA-ON",
	"C1005|Maritime Builders Inc.|en-CA|15 Barrington St|Halifax|B3J 1Z2|CA-NS|KEY ACCOUNT|Net 30|Atlantic|25000",
	"C1006|Prairie Safety Ltd.|en-CA|901 8 Ave SW|Calgary|T2P 1H7|CA-AB|KEY ACCOUNT|50/50|Rest of Canada|20000",
	"C1007|Ville de Saint-Élie|fr-CA|1, place de l'Hôtel-de-Ville|Saint-Élie|G0X 2N0|CA-QC||Net 30|Exempt|",
	"C1008|Vermont Hardware LLC|en-CA|12 Church St|Burlington|05401|US-VT|DISTRIBUTOR|Due on receipt|Exempt|10000",
	"C1009|Toitures Gagnon enr.|fr-CA|640, rue King E|Sherbrooke|J1G 1C1|CA-QC||Due on receipt||500",
	"C1010|Client comptant / Cash sale|fr-CA|5, rue de la Gare|Montréal|H2X 1A1|CA-QC||Due on receipt||0",
}

// Sample orders: reference, customer, age in days, last step, lines.
var seedOrders = []string{
	"SEED-0001|C1001|70|invoiced|PRD-012 5|PRD-001 20",
	"SEED-0002|C1003|20|part|PRD-022 48|PRD-011 12",
	"SEED-0003|C1004|10|credited|PRD-013 6",
	"SEED-0004|C1005|3|confirmed|PRD-026 60",
	"SEED-0005|C1006|2|confirmed|PRD-023 30",
	"SEED-0006|C1002|1|quoted|PRD-014 2|PRD-003 200",
	"SEED-0007|C1007|0|draft|PRD-027 4",
}

// seed fills empty books.
func (u *unit) seed() {
	if len(list[Term](u, ofKind, terms)) > 0 {
		return
	}
	for _, t := range seedTerms {
		u.put(&t)
	}
	for _, m := range seedMethods {
		u.put(&Method{PaymentMethod: m})
	}
	freight := money.Must("18.00")
	u.put(&Delivery{Line: erp.Text{FR: "Transport", EN: "Freight"}, DeliveryMethod: erp.DeliveryMethod{
		Name: erp.Text{FR: "Transport Boréal", EN: "Transport Boréal"}, Freight: &freight, ItemTax: taxable}})
	var ids []string
	for _, t := range seedTaxes {
		tax := &Tax{Tax: t}
		u.put(tax)
		ids = append(ids, tax.ID)
	}
	for _, c := range seedCases {
		which := &TaxCase{TaxCase: erp.TaxCase{CustomerTax: c.customer, ItemTax: taxable}}
		for _, i := range c.taxes {
			which.Taxes = append(which.Taxes, ids[i])
		}
		u.put(which)
	}
	u.seedItems()
	for _, l := range seedLists {
		u.put(&l)
	}
	u.reprice()
	u.seedCustomers()
	u.seedOrders()
}

func (u *unit) seedItems() {
	sold := map[string]string{}
	for _, one := range seedUnits {
		kept := &Unit{Unit: one}
		u.put(kept)
		sold[one.Symbol] = kept.ID
	}
	for n, text := range seedItems {
		f := strings.Split(text, "|")
		it := &Item{Code: fmt.Sprintf("PRD-%03d", n+1), Name: erp.Text{FR: f[2], EN: f[1]}, Family: f[0], FamilyName: seedFamilies[f[0]],
			Unit: sold[f[5]], Pieces: money.Must(f[6]), List: money.Must(f[3]), Cost: money.Must(f[4]), Tax: taxable, Service: f[7] == "", Status: "active"}
		u.put(it)
		if !it.Service {
			u.put(&Stock{Item: it.ID, Status: it.Status, OnHand: round(new(big.Rat).Quo(rat(money.Must(f[7])), rat(it.Pieces)), 0)})
		}
	}
}

func (u *unit) seedCustomers() {
	for _, text := range seedCustomers {
		f := strings.Split(text, "|")
		c := &Customer{Code: f[0], Name: f[1], Language: f[2], Tax: f[9], Term: find[Term](u, terms, f[8]).ID,
			Email: "ap@" + strings.ToLower(f[0]) + ".example", Phone: "514-555-" + f[0][1:]}
		if f[7] != "" {
			c.PriceList = find[PriceList](u, priceLists, f[7]).ID
		}
		if f[10] != "" {
			limit := money.Must(f[10])
			c.Limit = &limit
		}
		u.put(c)
		u.put(&Address{Address: erp.Address{Customer: c.ID, Street: f[3], City: f[4], Postal: f[5], Region: f[6],
			Country: f[6][:2], BillTo: true, ShipTo: len(f) == 11}})
		if len(f) > 11 {
			u.put(&Address{Address: erp.Address{Customer: c.ID, Name: f[11], Street: f[12], City: f[13], Postal: f[14], Region: f[15],
				Country: f[15][:2], ShipTo: true}})
		}
	}
}

func (u *unit) seedOrders() {
	today, _ := time.Parse(time.DateOnly, u.today) // a day of ours
	by := list[Delivery](u, ofKind, deliveries)
	for _, text := range seedOrders {
		f := strings.Split(text, "|")
		age, _ := strconv.Atoi(f[2]) // a number of ours
		c := find[Customer](u, customers, f[1])
		to := list[Address](u, byParent, addresses, c.ID)
		if u.err != nil {
			return
		}
		in := NewOrder{Header: Header{PONumber: f[0], Customer: c.ID, ShipTo: to[len(to)-1].ID, Currency: currency,
			Delivery: by[0].ID, Date: today.AddDate(0, 0, -age).Format(time.DateOnly)}}
		for _, asked := range f[4:] {
			code, n, _ := strings.Cut(asked, " ")
			it := find[Item](u, items, code)
			p, _ := u.priceFor(c.ID, it.ID, money.Must(n))
			in.Lines = append(in.Lines, NewLine{it.ID, money.Must(n), p})
		}
		u.seedOrder(in, f[3])
	}
}

// seedOrder brings a sample order to its last step.
func (u *unit) seedOrder(in NewOrder, last string) {
	o := u.check(in)
	u.put(o)
	if last == draft {
		return
	}
	u.quote(o)
	if last == quoted {
		return
	}
	u.confirm(o, true)
	if last == confirmed {
		return
	}
	u.ship(o, nil, o.Date)
	for _, i := range list[Invoice](u, byParent, invoices, o.ID) {
		u.post(i, o.Date)
		switch last {
		case "part":
			u.receive(i, money.Must("200.00"), "cheque", u.today)
		case "credited":
			u.credit(i, u.today)
		}
	}
}
