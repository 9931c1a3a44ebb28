-- +goose Up
-- SQLite's unhex(text), for blobs that come back from a backup.
CREATE FUNCTION unhex(digits text) RETURNS bytea
    LANGUAGE sql IMMUTABLE AS 'SELECT decode(digits, ''hex'')';

-- +goose Down
DROP FUNCTION unhex(text);
