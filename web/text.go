package web

import (
	"embed"
	"io/fs"
)

//go:embed text/*.json
var texts embed.FS

// Text holds what faults, permissions and the ERP's refusals say to people on
// every face, fr-CA.json and en-CA.json.
var Text, _ = fs.Sub(texts, "text")
