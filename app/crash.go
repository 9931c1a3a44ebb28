package app

import (
	"net"
	"os"
	"slices"
	"syscall"

	"comptoir.example/comptoir/base/fault"
)

// CrashPoints are the named places between two durable effects on an order's way
// from the click to its invoice. A process that dies at any of them and starts
// again ends in the same books: comptoirtest/kill_test.go shows it.
var CrashPoints = []string{
	"order.written", "order.committed",
	"outbox.taken", "push.looked_up", "push.created", "push.stepped", "push.released", "outbox.carried", "outbox.settled",
	"facts.linked",
	"pull.read.order", "pull.kept.order", "pull.kept.shipment", "pull.read.invoice", "pull.kept.invoice",
}

// MoneyCrashPoints are those on the way from the payer's click to the receipt in
// the ERP, and back when a dispute is lost; comptoirtest/kill_pay_test.go kills at each.
var MoneyCrashPoints = []string{
	"pay.written", "pay.committed", "outbox.taken", "pay.started", "outbox.carried", "outbox.settled",
	"hook.kept", "hook.told", "hook.done", "sweep.told",
	"receipt.looked_up", "receipt.created", "receipt.stepped", "receipt.reversed",
	"facts.linked", "pull.read.invoice", "pull.kept.invoice", "pull.kept.receipt",
}

// crashAt makes the process kill itself, as kill -9 does, the first time it comes
// to a point. It is for drills: refused unless the shop listens on loopback.
func (a *App) crashAt(shop net.Listener, point string) error {
	if point == "" {
		return nil
	}
	if !slices.Contains(slices.Concat(CrashPoints, MoneyCrashPoints), point) || !shop.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return fault.New(fault.Invalid, "config.bad_crash", "point", point)
	}
	a.Box.Crash = func(at string) {
		if at == point {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way; nothing more is done
		}
	}
	return nil
}
