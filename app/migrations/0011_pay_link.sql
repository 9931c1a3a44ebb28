-- +goose Up
-- finance/payment
-- Lets somebody without an account pay one invoice.
CREATE TABLE pay_link (
    id       TEXT PRIMARY KEY,
    hash     TEXT NOT NULL, -- of the token, which is kept nowhere
    invoice  TEXT NOT NULL, -- invoice.id
    customer TEXT NOT NULL, -- customer.id
    person   TEXT NOT NULL, -- who sent it
    email    TEXT NOT NULL, -- where it was sent
    language TEXT NOT NULL,
    payment  TEXT,          -- begun with it
    created  {{bigint}} NOT NULL,
    expires  {{bigint}} NOT NULL,
    revoked  {{bigint}},
    UNIQUE (hash)
) {{strict}};
CREATE INDEX pay_link_invoice ON pay_link (invoice, created);
CREATE INDEX pay_link_customer ON pay_link (customer, created);

-- +goose Down
DROP TABLE pay_link;
