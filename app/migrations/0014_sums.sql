-- +goose Up
-- finance/invoice
-- What is open at a company, added up, so that its page reads a few rows however
-- many invoices there are.
CREATE TABLE invoice_open (
    conn     TEXT NOT NULL,
    customer TEXT NOT NULL, -- erp_id
    currency TEXT NOT NULL,
    due      TEXT NOT NULL, -- of the last instalment
    credit   {{bool}} NOT NULL, -- of credit notes, else of invoices
    minor    {{bigint}} NOT NULL, -- negative of credit notes
    PRIMARY KEY (conn, customer, currency, due, credit)
) {{strict}};
INSERT INTO invoice_open (conn, customer, currency, due, credit, minor)
SELECT conn, customer, currency, due, balance < 0, CAST(SUM(balance) AS BIGINT) FROM invoice WHERE balance <> 0
GROUP BY conn, customer, currency, due, balance < 0;

-- Few are open of all that there ever were, and few of a company's are credits.
CREATE INDEX invoice_balance ON invoice (conn, erp_id) WHERE balance <> 0;
CREATE INDEX invoice_credit ON invoice (conn, customer, currency, day, id) WHERE balance < 0;

-- finance/payment
CREATE INDEX attempt_remote ON attempt (gateway, remote) WHERE remote IS NOT NULL;
CREATE INDEX payment_hold_taken ON payment_hold (invoice, minor) WHERE taken;

-- +goose Down
DROP INDEX payment_hold_taken;
DROP INDEX attempt_remote;
DROP INDEX invoice_credit;
DROP INDEX invoice_balance;
DROP TABLE invoice_open;
