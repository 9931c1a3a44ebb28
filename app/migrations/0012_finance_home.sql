-- +goose Up
-- finance/payment
-- Who takes care of a task: person.id.
ALTER TABLE task ADD COLUMN owner TEXT;
-- The same thing is to be looked at once, however often it is noticed.
DELETE FROM task WHERE done IS NULL AND id NOT IN (SELECT MIN(id) FROM task WHERE done IS NULL GROUP BY kind, subject);
CREATE UNIQUE INDEX task_once ON task (kind, subject) WHERE done IS NULL;
CREATE INDEX task_done ON task (done) WHERE done IS NOT NULL;
CREATE INDEX receipt_unposted ON receipt (created) WHERE posted IS NULL;
CREATE INDEX receipt_posted ON receipt (posted) WHERE posted IS NOT NULL;
CREATE INDEX receipt_day ON receipt (day);
CREATE INDEX payment_paid ON payment (ended) WHERE state = 'paid';

-- finance/parity
-- The next comparison fills it again.
DROP TABLE parity_difference;

-- What does not tie, for as long as it does not.
CREATE TABLE parity_difference (
    kind     TEXT NOT NULL,
    currency TEXT NOT NULL,
    subject  TEXT NOT NULL, -- invoice.id, customer.id, or the other side's id of what we do not have
    label    TEXT NOT NULL, -- what people call it
    customer TEXT NOT NULL, -- customer.id, '' for none
    class    TEXT NOT NULL, -- missing: not here; extra: not there; amount
    theirs   {{bigint}} NOT NULL,
    ours     {{bigint}} NOT NULL, -- with what is in transit
    since    {{bigint}} NOT NULL, -- when it first did not tie
    changed  {{bigint}} NOT NULL, -- when its amounts last changed
    owner    TEXT,                -- person.id: who takes care of it
    PRIMARY KEY (kind, currency, subject)
) {{strict}};

-- Why a person leaves a difference as it is. Never changed.
CREATE TABLE parity_note (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    currency TEXT NOT NULL,
    subject  TEXT NOT NULL,
    minor    {{bigint}} NOT NULL, -- the difference that was acknowledged
    person   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    at       {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX parity_note_about ON parity_note (kind, currency, subject, at);

-- base/outbox
-- When orders reached the ERP, for the time from order to cash.
CREATE INDEX fact_numbered ON fact (at) WHERE kind = 'order.numbered';

-- trade/order
CREATE INDEX shipment_day ON shipment (conn, day);
CREATE INDEX shipment_order_of ON shipment_order (conn, shipment, erp_order);

-- finance/invoice
CREATE INDEX invoice_day ON invoice (conn, day);
CREATE INDEX invoice_order_of ON invoice_order (conn, invoice, erp_order);

-- +goose Down
DROP INDEX invoice_order_of;
DROP INDEX invoice_day;
DROP INDEX shipment_order_of;
DROP INDEX shipment_day;
DROP INDEX fact_numbered;
DROP TABLE parity_note;
ALTER TABLE parity_difference DROP COLUMN owner;
ALTER TABLE parity_difference DROP COLUMN changed;
DROP INDEX payment_paid;
DROP INDEX receipt_day;
DROP INDEX receipt_posted;
DROP INDEX receipt_unposted;
DROP INDEX task_done;
DROP INDEX task_once;
ALTER TABLE task DROP COLUMN owner;
