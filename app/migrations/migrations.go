// Package migrations holds the schema, one numbered text for both engines.
package migrations

import "embed"

// Files are the migrations; base/db renders them for its engine.
//
//go:embed *.sql postgres sqlite
var Files embed.FS
