-- +goose Up
-- What the ledger's tables refuse, whoever writes to them. The same as in
-- sqlite/0007_ledger_guard.sql; a message is a rule of finance/ledger.
--
-- What is looked up by an entry is looked up at the commit: a serializable
-- transaction that has read where others are about to write gets in their way.

ALTER TABLE ledger_line ADD FOREIGN KEY (entry) REFERENCES ledger_entry (id) DEFERRABLE INITIALLY DEFERRED;

-- +goose StatementBegin
CREATE FUNCTION ledger_entry_sound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (SELECT COUNT(*) = NEW.lines AND MAX(no) = NEW.lines FROM ledger_line WHERE entry = NEW.id) THEN
        RAISE EXCEPTION 'ledger: lines are missing';
    END IF;
    IF EXISTS (SELECT 1 FROM ledger_line WHERE entry = NEW.id GROUP BY currency HAVING SUM(minor) <> 0) THEN
        RAISE EXCEPTION 'ledger: not balanced';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER ledger_entry_sound AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_sound();

-- At once: a restore closes the periods after it has written their entries.
-- +goose StatementBegin
CREATE FUNCTION ledger_entry_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_period WHERE day >= NEW.day) THEN
        RAISE EXCEPTION 'ledger: the period is closed';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_entry_open AFTER INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_open();

-- An entry has the lines 1 to n from the beginning, so one that comes later has
-- a number above them.
-- +goose StatementBegin
CREATE FUNCTION ledger_line_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.entry AND lines < NEW.no) THEN
        RAISE EXCEPTION 'ledger: the entry is posted';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER ledger_line_late AFTER INSERT ON ledger_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_line_late();

-- +goose StatementBegin
CREATE FUNCTION ledger_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted record := OLD;
BEGIN
    counted.counted := TRUE;
    IF OLD.counted OR NEW IS DISTINCT FROM counted THEN
        RAISE EXCEPTION 'ledger: % is never changed', TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_entry_kept BEFORE UPDATE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_kept();
CREATE TRIGGER ledger_line_kept BEFORE UPDATE ON ledger_line FOR EACH ROW EXECUTE FUNCTION ledger_kept();

-- +goose StatementBegin
CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % is never changed', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_entry_stays BEFORE DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_hold_stays BEFORE DELETE ON ledger_hold FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_period_stays BEFORE UPDATE OR DELETE ON ledger_period FOR EACH ROW EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_entry_whole BEFORE TRUNCATE ON ledger_entry EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_line_whole BEFORE TRUNCATE ON ledger_line EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_hold_whole BEFORE TRUNCATE ON ledger_hold EXECUTE FUNCTION ledger_stays();
CREATE TRIGGER ledger_period_whole BEFORE TRUNCATE ON ledger_period EXECUTE FUNCTION ledger_stays();

-- Lines whose entry was refused may go: they could not be committed.
-- +goose StatementBegin
CREATE FUNCTION ledger_line_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_entry WHERE id = OLD.entry) THEN
        RAISE EXCEPTION 'ledger: ledger_line is never changed';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_line_stays BEFORE DELETE ON ledger_line FOR EACH ROW EXECUTE FUNCTION ledger_line_stays();

-- +goose StatementBegin
CREATE FUNCTION ledger_hold_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    resolved ledger_hold := OLD;
BEGIN
    resolved.resolution := NEW.resolution;
    resolved.done := NEW.done;
    resolved.entry := NEW.entry;
    IF OLD.resolution IS NOT NULL OR NEW IS DISTINCT FROM resolved THEN
        RAISE EXCEPTION 'ledger: a hold is resolved once';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_hold_kept BEFORE UPDATE ON ledger_hold FOR EACH ROW EXECUTE FUNCTION ledger_hold_kept();

-- +goose Down
DROP TRIGGER ledger_hold_kept ON ledger_hold;
DROP TRIGGER ledger_line_stays ON ledger_line;
DROP TRIGGER ledger_period_whole ON ledger_period;
DROP TRIGGER ledger_hold_whole ON ledger_hold;
DROP TRIGGER ledger_line_whole ON ledger_line;
DROP TRIGGER ledger_entry_whole ON ledger_entry;
DROP TRIGGER ledger_period_stays ON ledger_period;
DROP TRIGGER ledger_hold_stays ON ledger_hold;
DROP TRIGGER ledger_entry_stays ON ledger_entry;
DROP TRIGGER ledger_line_kept ON ledger_line;
DROP TRIGGER ledger_entry_kept ON ledger_entry;
DROP TRIGGER ledger_line_late ON ledger_line;
DROP TRIGGER ledger_entry_open ON ledger_entry;
DROP TRIGGER ledger_entry_sound ON ledger_entry;
ALTER TABLE ledger_line DROP CONSTRAINT ledger_line_entry_fkey;
DROP FUNCTION ledger_hold_kept();
DROP FUNCTION ledger_line_stays();
DROP FUNCTION ledger_stays();
DROP FUNCTION ledger_kept();
DROP FUNCTION ledger_line_late();
DROP FUNCTION ledger_entry_open();
DROP FUNCTION ledger_entry_sound();
