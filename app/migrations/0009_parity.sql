-- +goose Up
-- finance/parity
-- The last comparison of our ledger with the other side, one a kind and currency.
CREATE TABLE parity_check (
    kind     TEXT NOT NULL, -- open_items, processor, clearing
    currency TEXT NOT NULL,
    at       {{bigint}} NOT NULL,
    theirs   {{bigint}} NOT NULL,
    ours     {{bigint}} NOT NULL,
    transit  {{bigint}} NOT NULL, -- here, and not shown there yet
    PRIMARY KEY (kind, currency)
) {{strict}};

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
    since    {{bigint}} NOT NULL,
    PRIMARY KEY (kind, currency, subject)
) {{strict}};

-- +goose Down
DROP TABLE parity_difference;
DROP TABLE parity_check;
