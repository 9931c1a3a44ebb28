-- +goose Up
-- A cart is one row that is changed over and over, so that two people's carts
-- never meet in an index. Carts of before are let go: nothing was ordered yet.
DROP TABLE cart_line;
DROP TABLE cart;

-- trade/order
CREATE TABLE cart (
    person  TEXT PRIMARY KEY,
    id      TEXT NOT NULL, -- makes a second click the same order; another one after each order
    lines   TEXT NOT NULL, -- JSON
    changed {{bigint}} NOT NULL
) {{rewritten}};

-- base/db
CREATE TABLE mark (
    shelf TEXT PRIMARY KEY, -- what is kept in memory by whoever has read it
    mark  TEXT NOT NULL     -- another one after each change
) {{rewritten}};

-- Most deliveries are not done when they are written: then there is nothing to index.
DROP INDEX delivery_done;
CREATE INDEX delivery_done ON delivery (conn, done) WHERE done IS NOT NULL;

-- +goose Down
DROP INDEX delivery_done;
CREATE INDEX delivery_done ON delivery (conn, done);
DROP TABLE mark;
DROP TABLE cart;
CREATE TABLE cart (
    id      TEXT PRIMARY KEY,
    person  TEXT NOT NULL UNIQUE,
    changed {{bigint}} NOT NULL
) {{strict}};
CREATE TABLE cart_line (
    id       TEXT PRIMARY KEY,
    cart     TEXT NOT NULL,
    conn     TEXT NOT NULL,
    item     TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price    TEXT NOT NULL,
    UNIQUE (cart, conn, item)
) {{strict}};
