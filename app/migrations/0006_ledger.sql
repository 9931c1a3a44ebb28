-- +goose Up
-- Double entry, append-only. Lines stand before entries, and closed days after
-- them: an entry is refused whose lines are not there, or whose day is closed, and
-- a restore fills the tables in this order. What refuses is in 0007.

-- finance/ledger
CREATE TABLE ledger_line (
    entry    TEXT NOT NULL, -- ledger_entry.id
    no       {{bigint}} NOT NULL CHECK (no > 0), -- from 1 on, without a gap
    account  TEXT NOT NULL, -- a kind, or a kind:whose
    currency TEXT NOT NULL,
    minor    {{bigint}} NOT NULL CHECK (minor <> 0), -- debit positive, credit negative
    document TEXT NOT NULL, -- invoice.id, '' when it is about none
    counted  {{bool}} NOT NULL, -- in ledger_balance; not part of the hash
    PRIMARY KEY (entry, no)
) {{strict}};
-- What is not counted yet stands together for each account. The index is not a
-- partial one: that would be small, and everybody who posts or reads would meet in it.
CREATE INDEX ledger_line_account ON ledger_line (account, currency, counted);
CREATE INDEX ledger_line_document ON ledger_line (document, account) WHERE document <> '';

CREATE TABLE ledger_entry (
    id       TEXT PRIMARY KEY, -- the beginning of its hash
    key      TEXT NOT NULL UNIQUE, -- what it books, so that it is booked once
    kind     TEXT NOT NULL, -- captured, payout, apply …
    day      TEXT NOT NULL, -- the merchant's
    posted   {{bigint}} NOT NULL,
    place    TEXT NOT NULL, -- rises from one entry to the next, also within a unit of work
    source   TEXT NOT NULL, -- id of what caused it
    reverses TEXT UNIQUE REFERENCES ledger_entry (id) DEFERRABLE INITIALLY DEFERRED,
    lines    {{bigint}} NOT NULL CHECK (lines > 1), -- how many it has
    hash     TEXT NOT NULL, -- of the entry and its lines, without when it was posted
    counted  {{bool}} NOT NULL -- its lines are; not part of the hash
) {{strict}};
CREATE INDEX ledger_entry_source ON ledger_entry (source, place);
CREATE INDEX ledger_entry_uncounted ON ledger_entry (id) WHERE NOT counted;

-- The sum of the lines that are counted.
CREATE TABLE ledger_balance (
    account  TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor    {{bigint}} NOT NULL, -- debit positive
    PRIMARY KEY (account, currency)
) {{rewritten}};

-- Money that is promised and not booked yet: settled once, in full or in part, or voided.
CREATE TABLE ledger_hold (
    key        TEXT PRIMARY KEY, -- what it promises
    debit      TEXT NOT NULL, -- account
    credit     TEXT NOT NULL, -- account
    currency   TEXT NOT NULL,
    amount     {{bigint}} NOT NULL CHECK (amount > 0),
    document   TEXT NOT NULL, -- invoice.id, '' when it is about none
    source     TEXT NOT NULL, -- id of what caused it
    created    {{bigint}} NOT NULL,
    due        {{bigint}} NOT NULL, -- until when it is to be settled or voided
    resolution TEXT CHECK (resolution IN ('settled', 'voided')),
    done       {{bigint}}, -- when it was settled or voided
    entry      TEXT UNIQUE REFERENCES ledger_entry (id) DEFERRABLE INITIALLY DEFERRED, -- that settled it
    CHECK ((resolution IS NULL) = (done IS NULL)),
    CHECK ((COALESCE(resolution, '') = 'settled') = (entry IS NOT NULL))
) {{strict}};
CREATE INDEX ledger_hold_debit ON ledger_hold (debit, currency, resolution);
CREATE INDEX ledger_hold_credit ON ledger_hold (credit, currency, resolution);
CREATE INDEX ledger_hold_due ON ledger_hold (due) WHERE resolution IS NULL;

-- Days up to which nothing is booked any more; the last one counts.
CREATE TABLE ledger_period (
    day TEXT PRIMARY KEY,
    at  {{bigint}} NOT NULL -- when it was closed
) {{strict}};

-- +goose Down
DROP TABLE ledger_period;
DROP TABLE ledger_hold;
DROP TABLE ledger_balance;
DROP TABLE ledger_entry;
DROP TABLE ledger_line;
