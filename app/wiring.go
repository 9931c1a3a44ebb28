package app

import (
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/trade/order"
)

// wire says what follows from what. All consequences of the program stand here.
func wire(box *outbox.Box, engine *erpsync.Engine) {
	box.On(outbox.Route{Fact: "order.placed", Consumer: "erp.push-order", Where: laneOfOrder, Carry: engine.PushOrder, Together: 8})
}

// laneOfOrder keeps a customer's orders in the order in which they were placed.
func laneOfOrder(f outbox.Fact) (conn, lane string) {
	placed := f.(order.Placed)
	return placed.Conn, placed.Customer
}
