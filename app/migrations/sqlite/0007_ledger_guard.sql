-- +goose Up
-- What the ledger's tables refuse, whoever writes to them. The same as in
-- postgres/0007_ledger_guard.sql; a message is a rule of finance/ledger.

-- SQLite adds no reference to a table that is there, so the lines' is made again.
DROP TABLE ledger_line;
CREATE TABLE ledger_line (
    entry    TEXT NOT NULL REFERENCES ledger_entry (id) DEFERRABLE INITIALLY DEFERRED,
    no       {{bigint}} NOT NULL CHECK (no > 0),
    account  TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor    {{bigint}} NOT NULL CHECK (minor <> 0),
    document TEXT NOT NULL,
    counted  {{bool}} NOT NULL,
    PRIMARY KEY (entry, no)
) {{strict}};
CREATE INDEX ledger_line_account ON ledger_line (account, currency, counted);
CREATE INDEX ledger_line_document ON ledger_line (document, account) WHERE document <> '';

-- All of these look at a row that is there: what ON CONFLICT DO NOTHING leaves
-- out is not refused.

-- +goose StatementBegin
CREATE TRIGGER ledger_entry_sound AFTER INSERT ON ledger_entry BEGIN
    SELECT RAISE(ABORT, 'ledger: lines are missing')
    WHERE NOT (SELECT COUNT(*) = NEW.lines AND MAX(no) = NEW.lines FROM ledger_line WHERE entry = NEW.id);
    SELECT RAISE(ABORT, 'ledger: not balanced')
    WHERE EXISTS (SELECT 1 FROM ledger_line WHERE entry = NEW.id GROUP BY currency HAVING SUM(minor) <> 0);
    SELECT RAISE(ABORT, 'ledger: the period is closed')
    WHERE EXISTS (SELECT 1 FROM ledger_period WHERE day >= NEW.day);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_line_late AFTER INSERT ON ledger_line
WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.entry) BEGIN
    SELECT RAISE(ABORT, 'ledger: the entry is posted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_entry_kept BEFORE UPDATE OF id, key, kind, day, posted, place, source, reverses, lines, hash ON ledger_entry BEGIN
    SELECT RAISE(ABORT, 'ledger: an entry is never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_entry_counted BEFORE UPDATE OF counted ON ledger_entry WHEN OLD.counted OR NOT NEW.counted BEGIN
    SELECT RAISE(ABORT, 'ledger: an entry is counted once');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_entry_stays BEFORE DELETE ON ledger_entry BEGIN
    SELECT RAISE(ABORT, 'ledger: an entry is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_line_kept BEFORE UPDATE OF entry, no, account, currency, minor, document ON ledger_line BEGIN
    SELECT RAISE(ABORT, 'ledger: a line is never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_line_counted BEFORE UPDATE OF counted ON ledger_line WHEN OLD.counted OR NOT NEW.counted BEGIN
    SELECT RAISE(ABORT, 'ledger: a line is counted once');
END;
-- +goose StatementEnd

-- Lines whose entry was refused may go: they could not be committed.
-- +goose StatementBegin
CREATE TRIGGER ledger_line_stays BEFORE DELETE ON ledger_line
WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE id = OLD.entry) BEGIN
    SELECT RAISE(ABORT, 'ledger: a line is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_hold_kept BEFORE UPDATE OF key, debit, credit, currency, amount, document, source, created, due ON ledger_hold BEGIN
    SELECT RAISE(ABORT, 'ledger: a hold is never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_hold_resolved BEFORE UPDATE OF resolution, done, entry ON ledger_hold WHEN OLD.resolution IS NOT NULL BEGIN
    SELECT RAISE(ABORT, 'ledger: a hold is resolved once');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_hold_stays BEFORE DELETE ON ledger_hold BEGIN
    SELECT RAISE(ABORT, 'ledger: a hold is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_period_kept BEFORE UPDATE ON ledger_period BEGIN
    SELECT RAISE(ABORT, 'ledger: a closed period stays');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_period_stays BEFORE DELETE ON ledger_period BEGIN
    SELECT RAISE(ABORT, 'ledger: a closed period stays');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER ledger_period_stays;
DROP TRIGGER ledger_period_kept;
DROP TRIGGER ledger_hold_stays;
DROP TRIGGER ledger_hold_resolved;
DROP TRIGGER ledger_hold_kept;
DROP TRIGGER ledger_line_stays;
DROP TRIGGER ledger_line_counted;
DROP TRIGGER ledger_line_kept;
DROP TRIGGER ledger_entry_stays;
DROP TRIGGER ledger_entry_counted;
DROP TRIGGER ledger_entry_kept;
DROP TRIGGER ledger_line_late;
DROP TRIGGER ledger_entry_sound;
