// Package erptest says when a connector is done: Run tries it, check by check,
// against its ERP, with a Clerk who works in that ERP and a Proxy between the two
// that loses, delays, doubles and garbles what they say. Story plays the order
// that Comptoir is built on and compares every figure with those a real Tryton
// gave once (testdata/story.json); testdata/prices.txt are its prices.
//
// The checks of money (39 to 47, 60, 61) are for connectors that book it
// (erp.Cashier); without it they are skipped. Their clerk is a Cashbox too.
//
// To try a connector, fill a Ground and call both from a test; erp/books and
// erp/tryton each have a conformance_test.go to copy. The proxy is for people too
// (ListenAndServe).
//
// # The checks
//
// The numbers are those of the checks every connector must pass; a letter is a
// part that the sentence of the number does not show. Here: a subtest of Run.
// A name: a test that shows it elsewhere, since it is the engine's doing and not
// the connector's, or needs the connector's inside. None: nothing shows it yet.
// A test reads this table and fails when a name in it does not exist.
//
//	 1  here     wrong secret
//	 2  here     session ends in mid-run; erp/tryton.TestALostSessionIsRenewedOnce
//	 3  here     probe
//	 4  none     certificates: a wrong one is refused by Go; a pinned authority is to come
//	 5  here     two companies
//	 6  here     pages of any size
//	 7  here     inserted during paging
//	 8  here     one stamp, many records
//	 9  here     late commit; erp/books.TestAChangeCommittedLateIsStillRead
//	10  here     stamps are instants
//	11  here     nothing changed, nothing new
//	12  here     archive, rename, tombstones; the engine's sweep: none
//	13  here     unknown states and malformed records; the alert: none
//	14  here     absent values, references, sums that add up
//	15  here     exact decimals
//	16  here     accents and lengths
//	17  here     part payment
//	18  here     stock without stamp
//	19  here     costs
//	20  here     golden prices and every edge of every ladder; dates, currencies, blankets: none
//	21  here     live against replicated; what the shop does then: none
//	22  here     prices down is a class; what the checkout does then: none
//	23  here     few calls
//	24  here     1, 50 and 500 lines
//	25  here     same key again; one lane at a time: comptoirtest.TestFiveHundredOrdersByEightClientsOnAnEmptyDatabase
//	26  here     lost answers; the whole program: comptoirtest.TestAnAnswerLostAfterCommitMakesOneOrder
//	27  here     found whatever became of it
//	28  here     session lost in mid-call
//	29  none     drafts for approval: no ERP of ours makes them
//	30  here     refusals and questions; the policy: comptoirtest.TestAQuestionOfTheERPIsAnsweredByThePolicyOrByAPerson
//	31  here     the accepted price
//	32  here     quote equals order; the tolerance of 0.01 and 1.00: none
//	33  here     ship-to by reference; a ship-to in words: none
//	34  here     PO number
//	35  here     changes by people; a changed price, a closed order: none
//	36  here     parts, back order, two invoices
//	37  here     states, instalments, overdue, credited; other currencies: none
//	38  none     printed invoices
//	39  here     full, in part, too much, several, credit notes, other channels; early-payment discount: none
//	40  here     same receipt again; erp/books.TestManyWhoCreateOneReceiptAtOnceMakeOne
//	41  here     lost answers
//	42  here     paid by other means meanwhile
//	43  here     refused; the alert, and what the customer sees: none
//	44  none     batches of other users: Business Central only
//	45  here     refund of a credit note, reversal
//	46  none     the processor's fee
//	47  here     card numbers
//	48  here     one request in ten fails
//	49  none     budget of requests (23 counts those of prices)
//	50  here     down and back; two hours: comptoirtest.TestAfterTwoHoursOfOutageEverythingDrainsOnceAndInOrder
//	51  none     10 000 items (52 shows that a load goes on from its cursor)
//	52  here     any cursor, any step; killed: comptoirtest.TestKilledAtAnyPointTheStoryEndsInTheSameBooks
//	53  none     webhooks: no ERP of ours sends any
//	54  here     secrets; erp/tryton.TestErrorsAreCutAndHoldNoPassword
//	55  none     flat files
//	56  none     flat files
//	57  none     flat files
//	58  none     flat files
//	59  none     flat files
//	60  here     what is shown as open, at every step
//	61  here     killed half way
package erptest
