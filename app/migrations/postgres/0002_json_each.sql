-- +goose Up
-- SQLite's json_each(text) for lists, so that one statement serves both engines:
--   WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT)))
CREATE FUNCTION json_each(list text) RETURNS TABLE (value text)
    LANGUAGE sql IMMUTABLE AS 'SELECT json_array_elements_text(list::json)';

-- The rows of a JSON array of objects, for bulk inserts: value->>'name'.
CREATE FUNCTION json_rows(list text) RETURNS TABLE (value json)
    LANGUAGE sql IMMUTABLE AS 'SELECT json_array_elements(list::json)';

-- +goose Down
DROP FUNCTION json_rows(text);
DROP FUNCTION json_each(text);
