package web

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// dist is what web/build.mjs made of the style sheets, the script and the fonts.
// A clone that was built with Go alone has only .gitkeep in it.
//
//go:embed all:dist
var dist embed.FS

// AssetPrefix is where Assets is mounted.
const AssetPrefix = "/assets/"

// manifest maps a plain name (style.css) to the one with its hash.
var manifest = readManifest()

func readManifest() map[string]string {
	names := map[string]string{}
	data, err := dist.ReadFile("dist/manifest.json")
	if err != nil || json.Unmarshal(data, &names) != nil {
		return nil
	}
	return names
}

// Built says whether the assets were built into the program. Without them every
// page works, unstyled, and says so; the program says it in its log.
func Built() bool { return manifest["style.css"] != "" }

// Asset is the address of an asset by its plain name, "" when it was not built.
func Asset(name string) string {
	if hashed := manifest[name]; hashed != "" {
		return AssetPrefix + hashed
	}
	return ""
}

// Assets serves the built files under AssetPrefix. A name carries the hash of its
// content, so that a browser may keep it for ever; texts go out as they were
// compressed at build time when the browser takes gzip.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		name := path.Base(r.URL.Path)
		file := "dist/" + name
		if !known(name) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType(name))
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Add("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			if _, err := fs.Stat(dist, file+".gz"); err == nil {
				h.Set("Content-Encoding", "gzip")
				file += ".gz"
			}
		}
		http.ServeFileFS(w, r, dist, file)
	})
}

// known keeps the folder's other files (licences, the manifest) from being kept for ever.
func known(name string) bool {
	for _, hashed := range manifest {
		if hashed == name {
			return true
		}
	}
	return false
}

func contentType(name string) string {
	if strings.HasSuffix(name, ".woff2") {
		return "font/woff2"
	}
	return mime.TypeByExtension(path.Ext(name))
}
