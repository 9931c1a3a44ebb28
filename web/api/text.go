package api

import (
	"embed"
	"io/fs"
)

//go:embed text/*.json
var texts embed.FS

// Text holds the words of the API, fr-CA.json and en-CA.json.
var Text, _ = fs.Sub(texts, "text")
