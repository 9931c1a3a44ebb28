-- +goose Up
-- base/blob
CREATE TABLE blob (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL, -- what it is for
    media   TEXT NOT NULL, -- media type
    size    {{bigint}} NOT NULL, -- bytes
    sha256  TEXT NOT NULL, -- of the content, in hexadecimal
    created {{bigint}} NOT NULL,
    content {{blob}} NOT NULL, -- the bytes; in backup and export in hexadecimal
    UNIQUE (sha256, kind, media)
) {{strict}};

-- +goose Down
DROP TABLE blob;
