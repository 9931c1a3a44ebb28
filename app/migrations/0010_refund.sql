-- +goose Up
-- finance/payment
-- Money that goes back to the method it came by. Its id is what the processor and
-- the ERP call it by.
CREATE TABLE refund (
    id       TEXT PRIMARY KEY,
    payment  TEXT NOT NULL,
    attempt  TEXT NOT NULL, -- whose method it goes back to
    customer TEXT NOT NULL, -- customer.id
    credit   TEXT,          -- invoice.id of the credit note that is paid out
    receipt  TEXT,          -- receipt.key of the money that was applied to nothing
    currency TEXT NOT NULL,
    minor    {{bigint}} NOT NULL CHECK (minor > 0),
    reason   TEXT NOT NULL,
    person   TEXT NOT NULL,
    state    TEXT NOT NULL, -- asked, given, failed
    created  {{bigint}} NOT NULL,
    ended    {{bigint}},
    CHECK ((credit IS NULL) <> (receipt IS NULL))
) {{strict}};
CREATE INDEX refund_attempt ON refund (attempt);
CREATE INDEX refund_payment ON refund (payment);
CREATE INDEX refund_created ON refund (created);
CREATE INDEX refund_receipt ON refund (receipt) WHERE receipt IS NOT NULL;

-- Why a receipt is to be undone in the ERP, and how much of it is gone.
ALTER TABLE receipt ADD COLUMN reversal TEXT; -- dispute, refund, refund_failed
ALTER TABLE receipt ADD COLUMN lost {{bigint}} NOT NULL DEFAULT 0;
CREATE INDEX receipt_reversal ON receipt (key) WHERE reversal IS NOT NULL AND state <> 'reversed';
CREATE INDEX receipt_loose ON receipt (created) WHERE minor > 0 AND unapplied = minor AND reversal IS NULL;

-- finance/invoice
CREATE INDEX invoice_credit_day ON invoice (conn, day) WHERE balance < 0;

-- +goose Down
DROP INDEX invoice_credit_day;
DROP INDEX receipt_loose;
DROP INDEX receipt_reversal;
ALTER TABLE receipt DROP COLUMN lost;
ALTER TABLE receipt DROP COLUMN reversal;
DROP TABLE refund;
