package app

import (
	"embed"
	"io/fs"
)

//go:embed text/*.json
var texts embed.FS

// Text holds what the commands say at the terminal, fr-CA.json and en-CA.json.
var Text, _ = fs.Sub(texts, "text")
