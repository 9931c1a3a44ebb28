// Package gatewaytest says when a connector to a payment processor is done: Run
// tries it, check by check, against its processor, with a Bench that plays the
// payer and the banks, and a proxy between the two (that of erptest) that loses,
// delays, doubles and garbles what they say, and records all of it.
//
// To try a connector, fill a Ground and call Run from a test; gateway/simulator
// has a conformance_test.go to copy. Each check is a numbered sentence that is
// false when it fails:
//
//	 1 –  9  connection.go  reaching the processor, and the class of each failure
//	10 – 26  sessions.go    pages where somebody pays
//	27 – 35  saved.go       methods that are kept for next time
//	36 – 41  refunds.go     giving back
//	42 – 47  bank.go        disputes, payouts, movements that nobody knows
//	48 – 55  facts.go       Pull, and that Pull, Find and webhooks tell the same
//	56 – 63  webhooks.go    signatures, and what is accepted
//	64 – 66  payouts.go     what a payout is made of (gateway.Settler)
//	67 – 68  webhooks.go    the balance foots; no card number went over the wire
//
// Not here, since it is not the connector's doing: that facts told twice or out of
// order are booked once, that an unknown outcome is found out, and that webhooks
// are tried again.
package gatewaytest
