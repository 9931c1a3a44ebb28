-- +goose Up
-- finance/ledger
-- Since when the ledger knows what happened: what was open then was booked as such.
-- Nobody books like that later, so no one meets another here.
CREATE INDEX ledger_entry_opening ON ledger_entry (posted) WHERE kind = 'opening';

-- +goose Down
DROP INDEX ledger_entry_opening;
