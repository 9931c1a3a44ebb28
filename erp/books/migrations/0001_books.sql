-- +goose Up
-- Everything the books hold is a document with an id, a place and a stamp.
CREATE TABLE record (
    id      {{bigint}} PRIMARY KEY,
    kind    TEXT NOT NULL,
    ref     TEXT NOT NULL,       -- what people or other programs look it up by: code, number, key
    owner   TEXT NOT NULL,       -- the customer of a document
    parent  TEXT NOT NULL,       -- the order of a shipment or an invoice, the customer of an address
    listed  {{bool}} NOT NULL,   -- the API shows it
    open    {{bool}} NOT NULL,   -- it counts against the credit limit
    changed {{bigint}} NOT NULL, -- microseconds
    body    {{json}} NOT NULL
) {{strict}};
CREATE INDEX record_changed ON record (kind, changed, id);
CREATE INDEX record_ref ON record (kind, ref);
CREATE INDEX record_parent ON record (parent, kind);
CREATE INDEX record_open ON record (owner, kind) WHERE open;

CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    n    {{bigint}} NOT NULL
) {{strict}};
