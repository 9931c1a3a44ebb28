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

// round cuts a fraction to a number of decimals; a half goes to the even side.
// What comes in was bounded by check, so that what goes out fits.
func round(r *big.Rat, digits int) money.Decimal {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	// Euclidean division leaves a rest between zero and the denominator.
	whole, rest := new(big.Int).DivMod(scaled.Num(), scaled.Denom(), new(big.Int))
	switch rest.Lsh(rest, 1).Cmp(scaled.Denom()) {
	case 1:
		whole.Add(whole, big.NewInt(1))
	case 0:
		whole.Add(whole, new(big.Int).And(whole, big.NewInt(1)))
	}
	return money.Must(new(big.Rat).SetFrac(whole, scale).FloatString(digits))
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
func (u *unit) reprice() error {
	lists, err := list[PriceList](u, ofKind, priceLists)
	if err != nil {
		return err
	}
	all, err := list[Item](u, ofKind, items)
	if err != nil {
		return err
	}
	ladders, err := list[Ladder](u, ofKind, prices)
	if err != nil {
		return err
	}
	had := map[string]*Ladder{}
	for _, one := range ladders {
		had[one.PriceList+"/"+one.Item] = one
	}
	for _, l := range append([]*PriceList{nil}, lists...) {
		id := ""
		if l != nil {
			id = l.ID
		}
		for _, it := range all {
			one := had[id+"/"+it.ID]
			if one == nil {
				one = &Ladder{PriceList: id, Item: it.ID}
			}
			sold, err := get[Unit](u, units, it.Unit)
			if err != nil {
				return err
			}
			one.Breaks = ladder(l, it, sold.Digits)
			if err := u.put(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// priceFor is a customer's unit price of an item; unknown when it is not sold.
func (u *unit) priceFor(customer, item string, quantity money.Decimal) (money.Decimal, bool, error) {
	c, err := get[Customer](u, customers, customer)
	if err != nil {
		return money.Decimal{}, false, err
	}
	it, err := get[Item](u, items, item)
	if err != nil || it.Inactive {
		return money.Decimal{}, false, nothing(err)
	}
	var l *PriceList
	if c.PriceList != "" {
		if l, err = get[PriceList](u, priceLists, c.PriceList); err != nil {
			return money.Decimal{}, false, err
		}
	}
	return price(l, it, quantity), true, nil
}
