-- +goose Up
-- finance/payment
-- Money that a processor sent to the merchant's bank.
CREATE TABLE payout (
    gateway  TEXT NOT NULL,
    id       TEXT NOT NULL, -- the processor's
    currency TEXT NOT NULL,
    minor    {{bigint}} NOT NULL,
    at       {{bigint}} NOT NULL,
    movement TEXT,          -- that it is; NULL: only that it came back is known yet
    back     TEXT,          -- movement: it came back
    failed   {{bigint}},    -- when it came back
    state    TEXT NOT NULL, -- told, foots, differs
    listed   {{bigint}},    -- when the processor first said what it pays
    gross    {{bigint}} NOT NULL, -- captures, of what is known of it
    refunded {{bigint}} NOT NULL,
    fees     {{bigint}} NOT NULL,
    disputed {{bigint}} NOT NULL,
    other    {{bigint}} NOT NULL, -- what it adds
    recorded {{bigint}} NOT NULL,
    PRIMARY KEY (gateway, id)
) {{strict}};
CREATE INDEX payout_at ON payout (at);
CREATE INDEX payout_back ON payout (gateway, back) WHERE back IS NOT NULL;

-- The movements that a payout pays, also those that are not known here yet.
CREATE TABLE payout_line (
    gateway  TEXT NOT NULL,
    payout   TEXT NOT NULL,
    movement TEXT NOT NULL,
    PRIMARY KEY (gateway, payout, movement)
) {{strict}};
CREATE INDEX payout_line_movement ON payout_line (gateway, movement);

-- +goose Down
DROP TABLE payout_line;
DROP TABLE payout;
