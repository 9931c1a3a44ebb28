package tryton

import (
	"context"
	"fmt"
	"slices"

	"comptoir.example/comptoir/base/money"
)

// Clerk is the merchant's people at work in Tryton, each under their own user
// and rights: the tests and the demonstration need goods shipped, invoices
// posted and prices changed by somebody who is not the connector.
type Clerk struct {
	manager, warehouse, receivable *client
}

// NewClerk signs in the demo merchant's users manager, warehouse and
// receivable, who share the password of cfg.
func NewClerk(cfg Config) *Clerk {
	as := func(user string) *client {
		cfg.User = user
		return newClient(cfg)
	}
	return &Clerk{manager: as("manager"), warehouse: as("warehouse"), receivable: as("receivable")}
}

// ShipPart ships some of what waits, by id of the order's line. Tryton prepares
// another shipment for the rest.
func (c *Clerk) ShipPart(ctx context.Context, order string, quantities map[string]money.Decimal) error {
	return c.ship(ctx, order, func(line string, waiting money.Decimal) money.Decimal {
		if q, ok := quantities[line]; ok && q.Cmp(waiting) < 0 {
			return q
		} else if ok {
			return waiting
		}
		return money.Decimal{}
	})
}

// ShipRest ships all that waits.
func (c *Clerk) ShipRest(ctx context.Context, order string) error {
	return c.ship(ctx, order, func(_ string, waiting money.Decimal) money.Decimal { return waiting })
}

// ship takes as much out of the store as take says for each line of the order,
// and sends it off. What was not taken stays for another shipment.
func (c *Clerk) ship(ctx context.Context, order string, take func(line string, waiting money.Decimal) money.Decimal) error {
	shipments, err := c.manager.find(ctx, "stock.shipment.out", domain(
		is{"moves.origin.sale", "=", number(order), "sale.line"}, is{"state", "not in", []string{"done", "cancelled"}}))
	if err != nil {
		return err
	}
	if len(shipments) == 0 {
		return fmt.Errorf("order %s: nothing waits to be shipped", order)
	}
	for _, shipment := range shipments {
		if err := c.take(ctx, shipment, take); err != nil {
			return err
		}
		assigned, err := c.warehouse.call(ctx, "model.stock.shipment.out.assign_try", nil, []int64{shipment})
		if err != nil {
			return err
		}
		if yes := (&row{fields: map[string]any{"": assigned}}); !yes.yes("") {
			if err := c.warehouse.press(ctx, "stock.shipment.out", "assign_force", shipment); err != nil {
				return err
			}
		}
		for _, button := range []string{"pick", "pack", "done"} {
			if err := c.warehouse.press(ctx, "stock.shipment.out", button, shipment); err != nil {
				return err
			}
		}
	}
	return nil
}

// take writes how much is picked of each line. The move inside the warehouse
// comes from the move to the customer, which comes from the order's line.
func (c *Clerk) take(ctx context.Context, shipment int64, take func(string, money.Decimal) money.Decimal) error {
	moves, err := c.warehouse.all(ctx, "stock.move",
		domain(is{"shipment", "=", fmt.Sprintf("stock.shipment.out,%d", shipment)}), "origin", "quantity")
	if err != nil {
		return err
	}
	byMove := byID(moves)
	for _, m := range moves {
		model, id := m.reference("origin")
		if model != "stock.move" || byMove[id] == nil {
			continue
		}
		_, line := byMove[id].reference("origin")
		waiting := m.quantity("quantity")
		q := take(line, waiting)
		if q.Cmp(waiting) == 0 {
			continue
		}
		if _, err := c.warehouse.call(ctx, "model.stock.move.write", nil, []int64{m.number()},
			map[string]any{"quantity": sendQuantity(q)}); err != nil {
			return err
		}
	}
	return nil
}

// PostInvoice posts every draft of an order, dated today, with the customer's
// PO number on it: a posted invoice cannot be given one.
func (c *Clerk) PostInvoice(ctx context.Context, order string) error {
	drafts, err := c.invoices(ctx, order, "draft")
	if err != nil {
		return err
	}
	sale, err := c.manager.first(ctx, "sale.sale", domain(is{"id", "=", number(order)}), "reference")
	if err != nil {
		return err
	}
	if len(drafts) == 0 || sale == nil {
		return fmt.Errorf("order %s: no draft invoice", order)
	}
	if _, err := c.receivable.call(ctx, "model.account.invoice.write", nil, drafts,
		map[string]any{"reference": sale.text("reference")}); err != nil {
		return err
	}
	_, err = c.receivable.call(ctx, "model.account.invoice.post", nil, drafts)
	return err
}

func (c *Clerk) invoices(ctx context.Context, order, state string) ([]int64, error) {
	return c.manager.find(ctx, "account.invoice", domain(is{"type", "=", "out"}, is{"state", "=", state},
		is{"lines.origin.sale", "=", number(order), "sale.line"}))
}

// Confirm puts an order in effect whatever its credit.
func (c *Clerk) Confirm(ctx context.Context, order string) error {
	for _, button := range []string{"quote", "confirm"} {
		if err := c.manager.insist(ctx, "sale.sale", button, number(order), func(string) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// CancelOrder withdraws an order that is not confirmed.
func (c *Clerk) CancelOrder(ctx context.Context, order string) error {
	if err := c.manager.press(ctx, "sale.sale", "cancel", number(order)); err != nil {
		return err
	}
	sale, err := c.manager.first(ctx, "sale.sale", domain(is{"id", "=", number(order)}), "state")
	if err == nil && (sale == nil || sale.text("state") != "cancelled") {
		err = fmt.Errorf("order %s cannot be cancelled any more", order)
	}
	return err
}

// ChangeLine gives a line another quantity.
func (c *Clerk) ChangeLine(ctx context.Context, _, line string, quantity money.Decimal) error {
	_, err := c.manager.call(ctx, "model.sale.line.write", nil, []int64{number(line)}, map[string]any{"quantity": sendQuantity(quantity)})
	return err
}

// CopyOrder duplicates an order as it stands, our key included, and gives the
// id of the copy.
func (c *Clerk) CopyOrder(ctx context.Context, order string) (string, error) {
	made, err := c.manager.call(ctx, "model.sale.sale.copy", nil, []int64{number(order)})
	if err != nil {
		return "", err
	}
	ids, _ := made.([]any)
	return (&row{fields: map[string]any{"id": slices.Concat(ids, []any{nil})[0]}}).id("id"), nil
}

// ChangePrice sets the list price of one piece of a product.
func (c *Clerk) ChangePrice(ctx context.Context, sku string, price money.Decimal) error {
	return c.writeTemplate(ctx, sku, nil, map[string]any{"list_price": sendDecimal(price)})
}

// ChangeContract puts a line before all others of a price list: the formula (or
// just a price of one piece) holds for one product at any quantity.
func (c *Clerk) ChangeContract(ctx context.Context, list, sku, formula string) error {
	product, err := c.product(ctx, sku)
	if err != nil {
		return err
	}
	offer, err := c.manager.first(ctx, "product.price_list", domain(is{"name", "=", list}), "name")
	if err != nil || offer == nil {
		return fmt.Errorf("no price list %s: %w", list, err)
	}
	_, err = c.manager.call(ctx, "model.product.price_list.line.create", nil, []any{map[string]any{
		"price_list": offer.number(), "product": product.number(), "formula": formula, "sequence": 1}})
	return err
}

// EndContract deletes what ChangeContract added.
func (c *Clerk) EndContract(ctx context.Context, list, sku string) error {
	product, err := c.product(ctx, sku)
	if err != nil {
		return err
	}
	lines, err := c.manager.find(ctx, "product.price_list.line",
		domain(is{"price_list.name", "=", list}, is{"product", "=", product.number()}, is{"sequence", "=", 1}))
	if err != nil {
		return err
	}
	_, err = c.manager.call(ctx, "model.product.price_list.line.delete", nil, lines)
	return err
}

// SetStock says how many sale units of a product are on hand, by an inventory
// of the store.
func (c *Clerk) SetStock(ctx context.Context, sku string, onHand money.Decimal) error {
	product, err := c.product(ctx, sku)
	if err != nil {
		return err
	}
	house, err := c.warehouse.first(ctx, "stock.location", domain(is{"type", "=", "warehouse"}), "storage_location")
	if err != nil || house == nil {
		return fmt.Errorf("no warehouse: %w", err)
	}
	pieces, err := onHand.Mul(product.sub("sale_uom").factor("factor"))
	if err != nil {
		return err
	}
	// What was picked stands in the output zone and counts as on hand.
	for zone, sign := range map[int64]int{house.number(): -1, number(house.id("storage_location")): 1} {
		counted, err := c.warehouse.read(ctx, "product.product", map[string]any{"locations": []int64{zone}}, []int64{product.number()}, "quantity")
		if err != nil {
			return err
		}
		q := counted[0].quantity("quantity")
		if sign < 0 {
			q = q.Neg()
		}
		pieces = plus(pieces, q)
	}
	made, err := c.warehouse.call(ctx, "model.stock.inventory.create", nil, []any{map[string]any{
		"location": number(house.id("storage_location")),
		"lines":    []any{[]any{"create", []any{map[string]any{"product": product.number(), "quantity": sendQuantity(pieces)}}}}}})
	if err != nil {
		return err
	}
	inventory, _ := made.([]any)
	if len(inventory) == 0 {
		return broken("inventory", "create gave %v", made)
	}
	_, err = c.warehouse.call(ctx, "model.stock.inventory.confirm", nil, inventory)
	return err
}

// BlockItem takes a product off sale, or puts it back.
func (c *Clerk) BlockItem(ctx context.Context, sku string, blocked bool) error {
	return c.writeTemplate(ctx, sku, nil, map[string]any{"salable": !blocked})
}

// RenameItem gives a product another French name.
func (c *Clerk) RenameItem(ctx context.Context, sku, name string) error {
	return c.writeTemplate(ctx, sku, map[string]any{"language": "fr"}, map[string]any{"name": name})
}

// ArchiveItem takes a product out of the catalogue for good.
func (c *Clerk) ArchiveItem(ctx context.Context, sku string) error {
	product, err := c.product(ctx, sku)
	if err != nil {
		return err
	}
	_, err = c.manager.call(ctx, "model.product.product.write", nil, []int64{product.number()}, map[string]any{"active": false})
	return err
}

func (c *Clerk) product(ctx context.Context, sku string) (*row, error) {
	r, err := c.manager.first(ctx, "product.product", domain(is{"code", "=", sku}), "template", "sale_uom.factor")
	if err == nil && r == nil {
		err = fmt.Errorf("no product %s", sku)
	}
	return r, err
}

func (c *Clerk) writeTemplate(ctx context.Context, sku string, under, values map[string]any) error {
	product, err := c.product(ctx, sku)
	if err != nil {
		return err
	}
	_, err = c.manager.call(ctx, "model.product.template.write", under, []int64{number(product.id("template"))}, values)
	return err
}
