// Command specimen serves the showroom and a page of each kind from invented
// data, so that the look can be seen and tested without a shop behind it. It
// keeps nothing, and is no part of the program.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
	_ "time/tzdata"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/desk"
	"comptoir.example/comptoir/web/portal"
	"comptoir.example/comptoir/web/shop"
	"comptoir.example/comptoir/web/ui"
)

// policy is as strict as the product's own, so that a style or a script in a
// page is seen here first.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on")
	axe := flag.String("axe", "", "path of axe.min.js: every page checks itself and writes what it found into <pre id=axe>")
	flag.Parse()

	montreal, err := time.LoadLocation("America/Toronto")
	if err != nil {
		log.Fatal(err)
	}
	words := i18n.MustLoad(ui.Text, shop.Text, portal.Text, desk.Text, invented)
	mux := http.NewServeMux()
	mux.Handle("GET "+web.AssetPrefix, web.Assets())
	mux.HandleFunc("GET /axe.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		code, _ := os.ReadFile(*axe)
		_, _ = fmt.Fprintf(w, "%s;%s", code, runAxe)
	})
	mux.HandleFunc("GET /page/{lang}/{page}", func(w http.ResponseWriter, r *http.Request) {
		p := words.Printer(i18n.Parse(r.PathValue("lang")), montreal)
		page, found := pages[r.PathValue("page")]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		var body strings.Builder
		if err := page(p, shell(p, r)).Render(r.Context(), &body); err != nil {
			log.Print(err)
		}
		html := body.String()
		if *axe != "" {
			html = strings.Replace(html, "</body>", `<script src="/axe.js" defer></script></body>`, 1)
		}
		_, _ = w.Write([]byte(html))
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		for _, name := range names() {
			_, _ = fmt.Fprintf(w, "/page/fr-CA/%s\n/page/en-CA/%s\n", name, name)
		}
	})

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("http://%s/ lists the pages; ?theme=dark or light forces the paper", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}

const runAxe = `addEventListener("load", () => axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then((found) => {
  const out = document.createElement("pre");
  out.id = "axe";
  out.textContent = JSON.stringify({wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    violations: found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " | " + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? "")).join(" ;; "))});
  document.body.append(out);
}));`
