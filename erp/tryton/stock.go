package tryton

import (
	"context"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// The id of a stock record is "item/warehouse".

func (c *Connector) warehouses(ctx context.Context) ([]string, error) {
	ids, err := c.rpc.find(ctx, "stock.location", domain(is{"type", "=", "warehouse"}))
	return texts(ids), err
}

func (c *Connector) stockIDs(ctx context.Context) ([]string, error) {
	where, err := c.sold(ctx, is{"type", "=", "goods"})
	if err != nil {
		return nil, err
	}
	items, err := c.rpc.find(ctx, "product.product", where)
	if err != nil {
		return nil, err
	}
	return c.inWarehouses(ctx, texts(items))
}

func (c *Connector) inWarehouses(ctx context.Context, items []string) ([]string, error) {
	warehouses, err := c.warehouses(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, item := range items {
		for _, warehouse := range warehouses {
			ids = append(ids, item+"/"+warehouse)
		}
	}
	return unique(ids), nil
}

// stockWatches: every step of every document that moves goods is a change of a
// move. A template tells of a new item and of a changed unit.
func (c *Connector) stockWatches() []watch {
	stocked := func(resolve func(context.Context, []int64) ([]string, error)) func(context.Context, []int64) ([]string, error) {
		return func(ctx context.Context, rows []int64) ([]string, error) {
			items, err := resolve(ctx, rows)
			if err != nil || len(items) == 0 {
				return nil, err
			}
			return c.inWarehouses(ctx, items)
		}
	}
	return []watch{{model: "stock.move", to: stocked(c.owners("stock.move", "product"))},
		{model: "product.template", to: stocked(c.linked("product.product", "template"))}}
}

func (c *Connector) readStock(ctx context.Context, ids []string) ([]erp.Record, error) {
	var items []string
	perWarehouse := map[string][]string{}
	for _, id := range ids {
		item, warehouse, _ := strings.Cut(id, "/")
		items = append(items, item)
		perWarehouse[warehouse] = append(perWarehouse[warehouse], item)
	}
	where, err := c.sold(ctx, is{"id", "in", numbers(unique(items))}, is{"type", "=", "goods"})
	if err != nil {
		return nil, err
	}
	products, err := c.rpc.all(ctx, "product.product", where, with("default_uom.factor", "sale_uom.factor", "sale_uom.digits")...)
	if err != nil {
		return nil, err
	}
	known := byID(living(products))
	warehouses, err := c.warehouses(ctx)
	if err != nil {
		return nil, err
	}
	places, err := c.rpc.names(ctx, "stock.location", "name", warehouses)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, warehouse := range warehouses {
		var here []int64
		for _, item := range perWarehouse[warehouse] {
			if known[item] != nil {
				here = append(here, number(item))
			}
		}
		if len(here) == 0 {
			continue
		}
		// Without locations Tryton answers 0, and not an error.
		counts, err := c.rpc.read(ctx, "product.product", map[string]any{"locations": []int64{number(warehouse)}},
			here, "quantity", "forecast_quantity")
		if err != nil {
			return nil, err
		}
		for _, r := range counts {
			item := r.id("id")
			product := known[item]
			onHand := inSaleUnit(product, r.quantity("quantity"), money.Decimal.Floor)
			// The forecast takes off what is promised and adds what is on order
			// from suppliers; the latter cannot be promised.
			available := inSaleUnit(product, r.quantity("forecast_quantity"), money.Decimal.Floor)
			if available.Cmp(onHand) > 0 {
				available = onHand
			}
			r.check(product)
			rec := record(r, "", erp.Stock{Item: item, Warehouse: warehouse, Place: places[warehouse], OnHand: onHand, Available: available})
			rec.ID = item + "/" + warehouse
			out = append(out, rec)
		}
	}
	slices.SortFunc(out, func(a, b erp.Record) int { return compareIDs(a.ID, b.ID) })
	return out, nil
}

// inSaleUnit turns a quantity of the product's default unit into its unit of
// sale, cut to the decimals of that unit by floor or ceiling.
func inSaleUnit(product *row, q money.Decimal, cut func(money.Decimal, int) money.Decimal) money.Decimal {
	from, to := product.sub("default_uom"), product.sub("sale_uom")
	digits := to.count("digits")
	out, err := q.Mul(from.factor("factor"))
	if err == nil {
		out, err = out.Quo(to.factor("factor"))
	}
	if err != nil {
		product.fail("sale_uom", q)
	}
	product.check(from, to)
	// Factors like 0.3048 leave noise far behind the point, which a ceiling
	// would make into one more.
	return cut(out.Round(9), digits).Trim(0)
}
