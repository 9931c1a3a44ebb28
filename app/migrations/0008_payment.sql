-- +goose Up
-- finance/payment
-- What somebody means to pay, and for which documents.
CREATE TABLE payment (
    id       TEXT PRIMARY KEY,
    conn     TEXT NOT NULL, -- of the documents
    customer TEXT NOT NULL, -- customer.id
    person   TEXT NOT NULL,
    gateway  TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount   {{bigint}} NOT NULL,
    state    TEXT NOT NULL, -- open, paid, cancelled
    day      TEXT NOT NULL, -- the merchant's
    created  {{bigint}} NOT NULL,
    ended    {{bigint}}
) {{strict}};
CREATE INDEX payment_customer ON payment (customer, created, id);

CREATE TABLE payment_line (
    payment TEXT NOT NULL,
    no      {{bigint}} NOT NULL,
    invoice TEXT NOT NULL, -- invoice.id
    number  TEXT NOT NULL,
    minor   {{bigint}} NOT NULL, -- negative of a credit note
    reason  TEXT NOT NULL, -- why a part only; '' when all
    PRIMARY KEY (payment, no)
) {{strict}};
CREATE INDEX payment_line_invoice ON payment_line (invoice);

-- One try, with one instrument. Its id is what the processor calls it by.
CREATE TABLE attempt (
    id       TEXT PRIMARY KEY,
    payment  TEXT NOT NULL,
    gateway  TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount   {{bigint}} NOT NULL,
    method   TEXT, -- saved method; NULL: the processor's page
    save     {{bool}} NOT NULL,
    state    TEXT NOT NULL,
    live     {{bool}} NOT NULL, -- money may still be taken
    url      TEXT, -- of the processor's page
    expires  {{bigint}},
    remote   TEXT, -- the processor's id
    decline  TEXT,
    brand    TEXT,
    last4    TEXT,
    told     {{bigint}}, -- when the processor last changed it
    looked   {{bigint}}, -- when it was last looked up
    created  {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX attempt_live ON attempt (payment) WHERE live;
CREATE INDEX attempt_payment ON attempt (payment, created);
CREATE INDEX attempt_looked ON attempt (gateway, looked) WHERE live;

-- What of a document's open balance is not to be paid again: reserved while an
-- attempt is live, taken until the ERP's balance counts it.
CREATE TABLE payment_hold (
    key     TEXT NOT NULL, -- of the attempt, then of the receipt
    invoice TEXT NOT NULL,
    payment TEXT NOT NULL,
    minor   {{bigint}} NOT NULL,
    taken   {{bool}} NOT NULL,
    PRIMARY KEY (key, invoice)
) {{strict}};
CREATE INDEX payment_hold_invoice ON payment_hold (invoice);

-- Money that moved at a processor, once, whoever told it.
CREATE TABLE movement (
    gateway   TEXT NOT NULL,
    id        TEXT NOT NULL, -- the processor's
    kind      TEXT NOT NULL,
    reference TEXT NOT NULL, -- of the attempt or the refund; '' for payouts
    payment   TEXT,          -- NULL: nothing of ours
    currency  TEXT NOT NULL,
    minor     {{bigint}} NOT NULL,
    at        {{bigint}} NOT NULL,
    recorded  {{bigint}} NOT NULL,
    PRIMARY KEY (gateway, id)
) {{strict}};
CREATE INDEX movement_payment ON movement (payment) WHERE payment IS NOT NULL;

-- Money on its way into the ERP's books.
CREATE TABLE receipt (
    key      TEXT PRIMARY KEY, -- the ERP knows it by this
    payment  TEXT NOT NULL,
    conn     TEXT NOT NULL,
    customer TEXT NOT NULL, -- customer.id
    currency TEXT NOT NULL,
    minor    {{bigint}} NOT NULL,
    day      TEXT NOT NULL,
    reference TEXT NOT NULL, -- what people find it by at the processor
    lines    TEXT NOT NULL, -- JSON [{"invoice", "minor"}], our ids
    state    TEXT NOT NULL, -- queued, posted, held, reversed
    erp_id   TEXT,
    number   TEXT,
    unapplied {{bigint}} NOT NULL,
    created  {{bigint}} NOT NULL,
    posted   {{bigint}}
) {{strict}};
CREATE INDEX receipt_payment ON receipt (payment);
CREATE INDEX receipt_customer ON receipt (customer, created);

-- A payer's method, as the processor keeps it.
CREATE TABLE method (
    id       TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    person   TEXT NOT NULL,
    gateway  TEXT NOT NULL,
    token    TEXT NOT NULL,
    brand    TEXT NOT NULL,
    last4    TEXT NOT NULL,
    expires  TEXT NOT NULL, -- YYYY-MM
    active   {{bool}} NOT NULL,
    created  {{bigint}} NOT NULL,
    UNIQUE (gateway, token)
) {{strict}};
CREATE INDEX method_customer ON method (customer);

-- Something about money that a person must look at.
CREATE TABLE task (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL, -- double_payment, integrity, unknown_movement, unapplied …
    customer TEXT,
    subject  TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor    {{bigint}} NOT NULL,
    created  {{bigint}} NOT NULL,
    done     {{bigint}},
    person   TEXT,
    note     TEXT
) {{strict}};
CREATE INDEX task_open ON task (created) WHERE done IS NULL;

-- collect
CREATE TABLE webhook (
    gateway  TEXT NOT NULL,
    id       TEXT NOT NULL, -- the processor's, for this message
    type     TEXT NOT NULL,
    body     TEXT NOT NULL,
    received {{bigint}} NOT NULL,
    done     {{bigint}},
    failed   TEXT, -- why it makes no sense
    PRIMARY KEY (gateway, id)
) {{strict}};
CREATE INDEX webhook_waiting ON webhook (received) WHERE done IS NULL;

CREATE TABLE gateway_flow (
    gateway TEXT PRIMARY KEY,
    cursor  TEXT NOT NULL,
    pulled  {{bigint}},
    error   TEXT NOT NULL,
    since   {{bigint}}
) {{strict}};

-- +goose Down
DROP TABLE gateway_flow;
DROP TABLE webhook;
DROP TABLE task;
DROP TABLE method;
DROP TABLE receipt;
DROP TABLE movement;
DROP TABLE payment_hold;
DROP TABLE attempt;
DROP TABLE payment_line;
DROP TABLE payment;
