package books

import (
	"math/big"
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// This file and totals.go compute with fractions, step by step as a person
// would, and share nothing with the shop: each is a check of the other.

// rat is a decimal as a fraction.
func rat(d money.Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(d.String())
	return r
}

// whole cuts a fraction to a whole number; a half goes to the even side.
func whole(r *big.Rat) *big.Int {
	// Euclidean division leaves a rest between zero and the denominator.
	n, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	switch rest.Lsh(rest, 1).Cmp(r.Denom()) {
	case 1:
		n.Add(n, big.NewInt(1))
	case 0:
		n.Add(n, new(big.Int).And(n, big.NewInt(1)))
	}
	return n
}

// round cuts a fraction to a number of decimals. What comes in was bounded by
// checkLine, so that what goes out fits.
func round(r *big.Rat, digits int) money.Decimal {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	n := whole(new(big.Rat).Mul(r, new(big.Rat).SetInt(scale)))
	return money.Must(new(big.Rat).SetFrac(n, scale).FloatString(digits))
}

func times(a, b money.Decimal) *big.Rat { return new(big.Rat).Mul(rat(a), rat(b)) }
func plus(a, b money.Decimal) money.Decimal {
	return round(new(big.Rat).Add(rat(a), rat(b)), max(a.Scale(), b.Scale()))
}
func minus(a, b money.Decimal) money.Decimal { return plus(a, b.Neg()) }

// price is what one sale unit of an item costs under a list (nil: none) when
// some sale units are bought: the first line that matches decides, by pieces,
// and the result has four decimals.
func price(l *PriceList, it *Item, quantity money.Decimal) money.Decimal {
	pieces := times(quantity, it.Pieces)
	piece := rat(it.List)
	if l != nil {
		for _, line := range l.Lines {
			if line.covers(it) && pieces.Cmp(rat(line.From)) >= 0 {
				piece = line.apply(it)
				break
			}
		}
	}
	return round(piece.Mul(piece, rat(it.Pieces)), 4)
}

func (l PriceLine) covers(it *Item) bool {
	return (l.Item == "" || l.Item == it.Code) && (l.Family == "" || l.Family == it.Family)
}

// apply is the formula: some part of the item's list price or cost, or a price.
func (l PriceLine) apply(it *Item) *big.Rat {
	switch l.Base {
	case "cost":
		return times(it.Cost, l.Factor)
	case "fixed":
		return rat(l.Factor)
	}
	return times(it.List, l.Factor)
}

// ladder is every unit price of an item under a list, by rising quantity. A line
// can only start to matter at its own minimum, counted up to whole sale units.
func ladder(l *PriceList, it *Item, digits int) []erp.Break {
	froms := []money.Decimal{money.Int(0)}
	if l != nil {
		for _, line := range l.Lines {
			if line.covers(it) {
				froms = append(froms, ceil(new(big.Rat).Quo(rat(line.From), rat(it.Pieces)), digits))
			}
		}
	}
	slices.SortFunc(froms, money.Decimal.Cmp)
	var steps []erp.Break
	for _, from := range froms {
		p := price(l, it, from)
		if len(steps) == 0 || steps[len(steps)-1].Price.Cmp(p) != 0 {
			steps = append(steps, erp.Break{From: from, Price: p})
		}
	}
	return steps
}

// ceil is the smallest decimal of so many digits that is not below r.
func ceil(r *big.Rat, digits int) money.Decimal {
	d := round(r, digits)
	if rat(d).Cmp(r) < 0 {
		d = plus(d, d.ULP())
	}
	return d
}

// reprice works all ladders out again. Only those that differ are written, so
// only those are listed as changed.
func (u *unit) reprice() {
	had := map[string]*Ladder{}
	for _, one := range list[Ladder](u, ofKind, prices) {
		had[one.PriceList+"/"+one.Item] = one
	}
	lists := list[PriceList](u, ofKind, priceLists)
	for _, it := range list[Item](u, ofKind, items) {
		digits := get[Unit](u, units, it.Unit).Digits
		for _, l := range append(lists, nil) {
			one := &Ladder{Item: it.ID}
			if l != nil {
				one.PriceList = l.ID
			}
			if old := had[one.PriceList+"/"+it.ID]; old != nil {
				one = old
			}
			one.Breaks, one.Status = ladder(l, it, digits), it.Status
			u.put(one)
		}
	}
}

// priceFor is a customer's unit price of an item; not known when it is not sold.
func (u *unit) priceFor(customer, item string, quantity money.Decimal) (p money.Decimal, known bool) {
	c := get[Customer](u, customers, customer)
	found := list[Item](u, byID, items, number(item))
	if len(found) == 0 {
		return p, false
	}
	var l *PriceList
	if c.PriceList != "" {
		l = get[PriceList](u, priceLists, c.PriceList)
	}
	return price(l, found[0], quantity), found[0].Status == "active"
}
