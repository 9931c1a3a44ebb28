-- +goose Up
-- The spine: who buys, what is sold at which price, orders, invoices, and what
-- crosses to the ERP. Each table is written by the package named above it.
-- Instants are microseconds since 1970 UTC, business dates YYYY-MM-DD, decimals
-- text, money minor units. conn is the connection to one company in one ERP.

-- base/outbox
CREATE TABLE fact (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL, -- id of what it is about
    actor   TEXT NOT NULL, -- id of the user, or the part of the program
    request TEXT NOT NULL, -- id of the request that caused it, '' when none did
    at      {{bigint}} NOT NULL,
    body    TEXT NOT NULL, -- JSON, ids and figures only: no personal data. TEXT, because it is hashed
    hash    TEXT NOT NULL,
    linked  {{bool}} NOT NULL -- stands in fact_link; not part of the hash
) {{strict}};
CREATE INDEX fact_subject ON fact (subject, id);
CREATE INDEX fact_unlinked ON fact (id) WHERE NOT linked;

CREATE TABLE fact_link (
    seq  {{serial}},
    fact TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL -- of the previous link's hash and the fact's
) {{strict}};

CREATE TABLE delivery (
    seq      {{serial}},
    conn     TEXT NOT NULL, -- where it goes
    lane     TEXT NOT NULL, -- what keeps its order: a customer
    consumer TEXT NOT NULL, -- who carries it
    subject  TEXT NOT NULL,
    fact     TEXT NOT NULL,
    state    TEXT NOT NULL,
    open     {{bool}} NOT NULL, -- still to be done by the program
    created  {{bigint}} NOT NULL,
    due      {{bigint}} NOT NULL,
    attempts {{bigint}} NOT NULL,
    sent     {{bigint}}, -- when the far side may first have heard of it
    done     {{bigint}},
    holder   TEXT,
    leased   {{bigint}}, -- until when the holder has it
    class    TEXT,
    code     TEXT,
    detail   TEXT, -- what the far side said, or the questions answered yes (accept)
    accept   TEXT
) {{strict}};
CREATE INDEX delivery_due ON delivery (conn, due, seq) WHERE open;
CREATE INDEX delivery_lane ON delivery (conn, lane, seq) WHERE open;
CREATE INDEX delivery_done ON delivery (conn, done);
CREATE INDEX delivery_leased ON delivery (conn, leased) WHERE leased IS NOT NULL;
CREATE INDEX delivery_subject ON delivery (subject);
CREATE INDEX delivery_stopped ON delivery (state, seq) WHERE state NOT IN ('queued', 'sending', 'done');

CREATE TABLE breaker (
    conn     TEXT PRIMARY KEY,
    since    {{bigint}}, -- down since; NULL while up
    retry    {{bigint}},
    failures {{bigint}} NOT NULL,
    detail   TEXT
) {{strict}};

-- base/asof
CREATE TABLE freshness (
    source TEXT NOT NULL,
    kind   TEXT NOT NULL,
    at     {{bigint}} NOT NULL, -- when the source last confirmed what we have
    PRIMARY KEY (source, kind)
) {{strict}};

-- trade/access
CREATE TABLE person (
    id       TEXT PRIMARY KEY,
    email    TEXT NOT NULL UNIQUE, -- folded
    name     TEXT NOT NULL,
    password TEXT NOT NULL, -- argon2id
    customer TEXT,          -- NULL: one of the merchant's people
    language TEXT NOT NULL,
    theme    TEXT NOT NULL,
    roles    TEXT NOT NULL, -- separated by spaces
    active   {{bool}} NOT NULL,
    created  {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE session (
    hash    TEXT PRIMARY KEY, -- of the token; the token is in the cookie only
    person  TEXT NOT NULL REFERENCES person (id),
    csrf    TEXT NOT NULL,
    api     {{bool}} NOT NULL,
    created {{bigint}} NOT NULL,
    seen    {{bigint}} NOT NULL,
    expires {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX session_person ON session (person);

CREATE TABLE signin_failure (
    account TEXT PRIMARY KEY, -- hash of the address typed
    count   {{bigint}} NOT NULL,
    until   {{bigint}} NOT NULL
) {{strict}};

-- trade/customer
CREATE TABLE customer (
    id           TEXT PRIMARY KEY,
    conn         TEXT NOT NULL,
    erp_id       TEXT NOT NULL,
    code         TEXT NOT NULL,
    name         TEXT NOT NULL,
    language     TEXT NOT NULL, -- of its documents
    currency     TEXT NOT NULL,
    price_list   TEXT NOT NULL,
    customer_tax TEXT NOT NULL,
    term         TEXT NOT NULL,
    credit_limit TEXT,
    status       TEXT NOT NULL,
    po_required  {{bool}} NOT NULL, -- ours, not the ERP's
    active       {{bool}} NOT NULL,
    seen         {{bigint}} NOT NULL,
    UNIQUE (conn, erp_id)
) {{strict}};

CREATE TABLE address (
    conn     TEXT NOT NULL,
    erp_id   TEXT NOT NULL,
    customer TEXT NOT NULL, -- erp_id
    name     TEXT NOT NULL,
    street   TEXT NOT NULL,
    city     TEXT NOT NULL,
    region   TEXT NOT NULL,
    postal   TEXT NOT NULL,
    country  TEXT NOT NULL,
    ship_to  {{bool}} NOT NULL,
    bill_to  {{bool}} NOT NULL,
    active   {{bool}} NOT NULL,
    seen     {{bigint}} NOT NULL,
    PRIMARY KEY (conn, erp_id)
) {{strict}};
CREATE INDEX address_customer ON address (conn, customer);

-- Payment terms, payment methods, delivery methods.
CREATE TABLE term (
    conn    TEXT NOT NULL,
    erp_id  TEXT NOT NULL,
    kind    TEXT NOT NULL, -- term, payment_method, delivery_method
    name_fr TEXT NOT NULL,
    name_en TEXT NOT NULL,
    days    {{bigint}},
    class   TEXT NOT NULL,
    freight TEXT, -- NULL: to be confirmed
    item_tax TEXT NOT NULL,
    active  {{bool}} NOT NULL,
    seen    {{bigint}} NOT NULL,
    PRIMARY KEY (conn, kind, erp_id)
) {{strict}};

-- trade/catalog
CREATE TABLE item (
    conn       TEXT NOT NULL,
    erp_id     TEXT NOT NULL,
    sku        TEXT NOT NULL,
    name_fr    TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    text_fr    TEXT NOT NULL,
    text_en    TEXT NOT NULL,
    category   TEXT NOT NULL,
    family_fr  TEXT NOT NULL,
    family_en  TEXT NOT NULL,
    unit       TEXT NOT NULL,
    item_tax   TEXT NOT NULL,
    type       TEXT NOT NULL,
    list_price TEXT NOT NULL,
    search     TEXT NOT NULL, -- folded code and names
    sold       {{bool}} NOT NULL,
    seen       {{bigint}} NOT NULL,
    PRIMARY KEY (conn, erp_id)
) {{strict}};
CREATE INDEX item_sku ON item (conn, sku);

CREATE TABLE unit (
    conn    TEXT NOT NULL,
    erp_id  TEXT NOT NULL,
    name_fr TEXT NOT NULL,
    name_en TEXT NOT NULL,
    symbol  TEXT NOT NULL,
    digits  {{bigint}} NOT NULL,
    PRIMARY KEY (conn, erp_id)
) {{strict}};

CREATE TABLE stock (
    conn      TEXT NOT NULL,
    erp_id    TEXT NOT NULL,
    item      TEXT NOT NULL,
    place_fr  TEXT NOT NULL,
    place_en  TEXT NOT NULL,
    on_hand   TEXT NOT NULL,
    available TEXT NOT NULL,
    seen      {{bigint}} NOT NULL,
    PRIMARY KEY (conn, erp_id)
) {{strict}};
CREATE INDEX stock_item ON stock (conn, item);

-- trade/price
CREATE TABLE price (
    conn       TEXT NOT NULL,
    price_list TEXT NOT NULL,
    item       TEXT NOT NULL,
    erp_id     TEXT NOT NULL,
    currency   TEXT NOT NULL,
    breaks     TEXT NOT NULL, -- JSON [{"from","price"}]
    seen       {{bigint}} NOT NULL,
    PRIMARY KEY (conn, price_list, item)
) {{strict}};
CREATE INDEX price_erp ON price (conn, erp_id);

CREATE TABLE tax (
    conn    TEXT NOT NULL,
    erp_id  TEXT NOT NULL,
    name_fr TEXT NOT NULL,
    name_en TEXT NOT NULL,
    rate    TEXT NOT NULL,
    PRIMARY KEY (conn, erp_id)
) {{strict}};

CREATE TABLE tax_case (
    conn         TEXT NOT NULL,
    erp_id       TEXT NOT NULL,
    customer_tax TEXT NOT NULL,
    item_tax     TEXT NOT NULL,
    taxes        TEXT NOT NULL, -- JSON [erp_id]
    PRIMARY KEY (conn, erp_id)
) {{strict}};

CREATE TABLE price_check (
    conn     TEXT NOT NULL,
    day      TEXT NOT NULL,
    checked  {{bigint}} NOT NULL,
    differed {{bigint}} NOT NULL,
    last     {{bigint}} NOT NULL,
    detail   TEXT NOT NULL, -- the last difference
    PRIMARY KEY (conn, day)
) {{strict}};

-- trade/order
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
    price    TEXT NOT NULL, -- unit price when it was put in
    UNIQUE (cart, conn, item)
) {{strict}};

CREATE TABLE sales_order (
    id          TEXT PRIMARY KEY,
    conn        TEXT NOT NULL,
    key         TEXT NOT NULL, -- business key, '' for orders of other channels
    cart        TEXT,          -- makes a second click the same order
    reference   TEXT NOT NULL, -- what people say until the ERP has numbered it
    customer    TEXT NOT NULL, -- customer.id
    person      TEXT,          -- NULL: not taken here
    state       TEXT NOT NULL,
    po_number   TEXT NOT NULL,
    ship_to     TEXT NOT NULL,
    delivery    TEXT NOT NULL, -- delivery method
    comment     TEXT NOT NULL,
    currency    TEXT NOT NULL,
    totals      TEXT NOT NULL, -- JSON, as the buyer saw them
    placed      {{bigint}} NOT NULL,
    day         TEXT NOT NULL, -- the merchant's day
    erp_id      TEXT,
    erp_number  TEXT,
    erp_totals  TEXT,          -- JSON
    seen        {{bigint}},    -- when the ERP last said how it stands
    UNIQUE (conn, erp_id)
) {{strict}};
CREATE UNIQUE INDEX sales_order_cart ON sales_order (cart);
CREATE INDEX sales_order_customer ON sales_order (customer, placed, id);
CREATE INDEX sales_order_key ON sales_order (key);
CREATE INDEX sales_order_recent ON sales_order (placed, id);

CREATE TABLE order_line (
    order_id   TEXT NOT NULL,
    no         {{bigint}} NOT NULL,
    item       TEXT NOT NULL,
    sku        TEXT NOT NULL,
    name_fr    TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    unit       TEXT NOT NULL,
    freight    {{bool}} NOT NULL,
    quantity   TEXT NOT NULL,
    unit_price TEXT NOT NULL,
    amount     {{bigint}} NOT NULL,
    erp_line   TEXT,
    shipped    TEXT NOT NULL,
    invoiced   TEXT NOT NULL,
    PRIMARY KEY (order_id, no)
) {{strict}};

CREATE TABLE shipment (
    conn     TEXT NOT NULL,
    erp_id   TEXT NOT NULL,
    number   TEXT NOT NULL,
    day      TEXT NOT NULL,
    carrier  TEXT NOT NULL,
    tracking TEXT NOT NULL,
    state    TEXT NOT NULL,
    lines    TEXT NOT NULL, -- JSON
    seen     {{bigint}} NOT NULL,
    PRIMARY KEY (conn, erp_id)
) {{strict}};

CREATE TABLE shipment_order (
    conn      TEXT NOT NULL,
    erp_order TEXT NOT NULL,
    shipment  TEXT NOT NULL,
    PRIMARY KEY (conn, erp_order, shipment)
) {{strict}};

-- finance/invoice
CREATE TABLE invoice (
    id        TEXT PRIMARY KEY,
    conn      TEXT NOT NULL,
    erp_id    TEXT NOT NULL,
    number    TEXT NOT NULL,
    customer  TEXT NOT NULL, -- erp_id
    po_number TEXT NOT NULL,
    day       TEXT NOT NULL,
    due       TEXT NOT NULL, -- of the last instalment
    due_parts TEXT NOT NULL, -- JSON
    currency  TEXT NOT NULL,
    total     {{bigint}} NOT NULL,
    balance   {{bigint}} NOT NULL, -- open
    totals    TEXT NOT NULL, -- JSON
    lines     TEXT NOT NULL, -- JSON
    state     TEXT NOT NULL,
    seen      {{bigint}} NOT NULL,
    UNIQUE (conn, erp_id)
) {{strict}};
CREATE INDEX invoice_customer ON invoice (conn, customer, day, id);

CREATE TABLE invoice_order (
    conn      TEXT NOT NULL,
    erp_order TEXT NOT NULL,
    invoice   TEXT NOT NULL, -- erp_id
    PRIMARY KEY (conn, erp_order, invoice)
) {{strict}};

-- erpsync
CREATE TABLE flow (
    conn    TEXT NOT NULL,
    kind    TEXT NOT NULL,
    cursor  TEXT NOT NULL,
    changed {{bigint}}, -- last time it had something new
    swept   {{bigint}},
    error   TEXT NOT NULL,
    since   {{bigint}}, -- when the error began
    PRIMARY KEY (conn, kind)
) {{strict}};

-- How far behind each flow was at worst, by half hour.
CREATE TABLE flow_lag (
    conn   TEXT NOT NULL,
    kind   TEXT NOT NULL,
    bucket {{bigint}} NOT NULL, -- start of the half hour
    worst  {{bigint}} NOT NULL, -- microseconds
    PRIMARY KEY (conn, kind, bucket)
) {{strict}};

CREATE TABLE replica (
    conn      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    erp_id    TEXT NOT NULL,
    no        TEXT NOT NULL,
    hash      TEXT NOT NULL,
    deleted   {{bool}} NOT NULL,
    malformed TEXT NOT NULL, -- why it could not be understood
    seen      {{bigint}} NOT NULL,
    PRIMARY KEY (conn, kind, erp_id)
) {{strict}};
CREATE INDEX replica_malformed ON replica (conn, kind, erp_id) WHERE malformed <> '';

CREATE TABLE connection (
    conn         TEXT PRIMARY KEY,
    capabilities TEXT NOT NULL, -- JSON
    probed       {{bigint}} NOT NULL,
    leader       TEXT NOT NULL, -- the process that reads for all
    led_until    {{bigint}} NOT NULL
) {{strict}};

-- web/api
CREATE TABLE idempotency (
    person  TEXT NOT NULL,
    key     TEXT NOT NULL,
    request TEXT NOT NULL, -- hash of what was asked
    subject TEXT NOT NULL, -- what it made
    created {{bigint}} NOT NULL,
    PRIMARY KEY (person, key)
) {{strict}};

-- +goose Down
DROP TABLE idempotency;
DROP TABLE connection;
DROP TABLE replica;
DROP TABLE flow_lag;
DROP TABLE flow;
DROP TABLE invoice_order;
DROP TABLE invoice;
DROP TABLE shipment_order;
DROP TABLE shipment;
DROP TABLE order_line;
DROP TABLE sales_order;
DROP TABLE cart_line;
DROP TABLE cart;
DROP TABLE price_check;
DROP TABLE tax_case;
DROP TABLE tax;
DROP TABLE price;
DROP TABLE stock;
DROP TABLE unit;
DROP TABLE item;
DROP TABLE term;
DROP TABLE address;
DROP TABLE customer;
DROP TABLE signin_failure;
DROP TABLE session;
DROP TABLE person;
DROP TABLE freshness;
DROP TABLE breaker;
DROP TABLE delivery;
DROP TABLE fact_link;
DROP TABLE fact;
