package ui

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// engravings are line drawings on a grid of 64, one line, no fill, hatching for
// shade. They stand in the margin where a photograph is missing.
var engravings = map[string]string{
	"screw":    `<g transform="rotate(-34 32 32)"><path d="M7 23c5 1 8 4 9 6.5M7 41c5-1 8-4 9-6.5M7 23v18M16 29.5h30L58.5 32 46 34.5H16"/><path d="M7 29h3.4v6H7"/><path d="m22 36.8 3.4-9.6M25 36.8l3.4-9.6M28 36.8l3.4-9.6M31 36.8l3.4-9.6M34 36.8l3.4-9.6M37 36.8l3.4-9.6M40 36.8l3.4-9.6M43 36.4l3-8.8M46 35.4l2.2-6.4"/></g>`,
	"bolt":     `<g transform="rotate(-30 32 32)"><path d="M7 21.5h10v21H7zM7 27.5h10M7 36.5h10M7 21.5l-2.2 3v15l2.2 3M17 27h40.5v10H17"/><path d="m33 37 1.6-10M36 37l1.6-10M39 37l1.6-10M42 37l1.6-10M45 37l1.6-10M48 37l1.6-10M51 37l1.6-10M54 37l1.6-10"/><path d="M17 34.2h14"/></g>`,
	"nut":      `<path d="M32 10.5 50.6 21.2v21.6L32 53.5 13.4 42.8V21.2z"/><circle cx="32" cy="32" r="17"/><circle cx="32" cy="32" r="10.6"/><circle cx="32" cy="32" r="8.2"/><path d="m13.4 21.2 4.6 2.7M50.6 21.2 46 23.9M13.4 42.8l4.6-2.7M50.6 42.8 46 40.1M32 10.5V15M32 53.5V49"/>`,
	"washer":   `<ellipse cx="32" cy="30" rx="23" ry="18"/><ellipse cx="32" cy="30" rx="10" ry="7.6"/><path d="M9 30v4c0 9.9 10.3 18 23 18s23-8.1 23-18v-4"/><path d="M22.4 32.4C24.2 36 27.6 37.6 32 37.6s7.8-1.6 9.6-5.2M14 41.5v3.6M18 45v3.4M22 47.4v3.4M26 48.6V52"/>`,
	"anchor":   `<g transform="rotate(-32 32 32)"><path d="M6 25.5h6.5v13H6zM12.5 28.5H35v7H12.5zM35 27.5l22 1.6v6L35 36.8z"/><path d="M38.5 27.8v8.8M44 28.2v8M57 30.4h3v3.4h-3"/><path d="m15 35.5 1.8-7M18 35.5l1.8-7M21 35.5l1.8-7M24 35.5l1.8-7M27 35.5l1.8-7M30 35.5l1.8-7"/></g>`,
	"wire":     `<ellipse cx="32" cy="32" rx="22" ry="22"/><ellipse cx="32" cy="32" rx="19.2" ry="19.2"/><ellipse cx="32" cy="32" rx="16.4" ry="16.4"/><ellipse cx="32" cy="32" rx="13.6" ry="13.6"/><path d="M46.5 46.5c4 3 7.500 5.500 11.500 5.500M10.300 27l8.800 2M53.700 37l-8.800-2"/>`,
	"bracket":  `<path d="M16 8.500h9V46h29.500v9H16z"/><path d="m16 8.500-4 3V58l4-3M12 58h39.500l3-3"/><circle cx="20.500" cy="16" r="2.200"/><circle cx="20.500" cy="30" r="2.200"/><circle cx="34.500" cy="50.500" r="2.200"/><circle cx="47.500" cy="50.500" r="2.200"/><path d="m25 46 7-7M28.500 46l3.500-3.500"/>`,
	"hammer":   `<g transform="rotate(40 32 32)"><path d="M29.600 21h4.800l1.100 37.600c0 1.900-7 1.900-7 0zM18.500 10.500h23.500v9.500H18.500z"/><path d="M18.500 10.500c-6.800 0-10.800 3.700-12.700 10.500 4.700-2.700 8.800-2 12.700-1M42 9.500h6.800v11.500H42zM29 10.500v-2h6v2"/><path d="M29.300 46h5.600M29 50h6.200M29 54h6.400M21 17.500h18"/></g>`,
	"drill":    `<path d="M10.500 16H40c2 0 3 1 3 3v8.200c0 2-1 3-3 3H28L32 48H20.200L15.400 30.200h-4.900c-2 0-3-1-3-3V19c0-2 1-3 3-3z"/><path d="m43 18.700 7 1.500v5.800l-7 1.500M50 21.700h9.600M50 24.600h9.600M17.200 48h17.600v8H17.200zM24 33.200h4.600M12 19.600h8M12 23h8M12 26.500h8M21.200 38h5M22.200 42h5M20 52h12"/>`,
	"saw":      `<path d="M6 40 50 22l8 6.500L14 46.500z"/><path d="m14 46.500 2.200-3 1.600 1.500 2.200-3 1.600 1.500 2.200-3 1.600 1.500 2.200-3 1.600 1.500 2.200-3 1.600 1.500 2.200-3 1.600 1.500 2.200-3 1.600 1.500 2.200-3 1.600 1.500 2.200-3"/><path d="M6 40c-3 4-2 9 2 10s7-1 6-3.500M8.500 44.500h2.600"/>`,
	"wrench":   `<g transform="rotate(-40 32 32)"><path d="M20 29h24v6H20M20 29c-1-5-5-7.500-10-7l5 7v6l-5 7c5 .5 9-2 10-7M44 29c1-5 5-7.500 9.500-7L49 29v6l4.500 7c-4.500.5-8.500-2-9.500-7"/><path d="M23 32h18"/></g>`,
	"lamp":     `<path d="M12.500 12h39v23.500h-39zM16.500 16h31v15.500h-31zM32 35.500v8.500M20.500 56 32 44l11.500 12M17.500 39.500h29"/><path d="M22.500 16v15.500M28.800 16v15.500M35.200 16v15.500M41.500 16v15.500"/>`,
	"tool":     `<path d="M9 26.500h46V54H9zM9 36h46M24 26.500V20c0-1.700 1-2.700 2.700-2.700h10.600c1.700 0 2.700 1 2.700 2.700v6.500M28 36v5h8v-5"/><path d="M13 31h6M45 31h6M13 48h2.500M18 48h2.500M23 48h2.500M28 48h2.500M33 48h2.500M38 48h2.500M43 48h2.500M48 48h2.500"/>`,
	"helmet":   `<path d="M10.200 42c0-13.700 9-23.700 21.800-23.700S53.800 28.300 53.800 42M6.200 42h51.600c0 3.900-3 5.900-6 5.900H12.200c-3 0-6-2-6-5.900z"/><path d="M27 18.800V35M37 18.800V35M27 18.800c1-2.900 9-2.900 10 0M17.200 25.500V37M46.800 25.500V37M14 45h36"/>`,
	"glove":    `<path d="M22 56V36.500l-7.800-9.200c-2-3 1.900-6 4-4l5.800 5.900V12.500c0-3.500 5-3.500 5 0V26l1-16.700c0-3.500 5-3.500 5 0V26l2-13.700c.5-3.500 5.400-3 4.900.5L40 28l3-7.700c1.200-3.100 5.500-1.800 4.700 1.400C46 30 44 36.500 42 42.500V56z"/><path d="M22 50h20M22 53h20M27 34l4 3"/>`,
	"harness":  `<path d="M22.300 6.500c-2 11.800 4 17.700 9.700 23.500-6 5.900-13.800 11.800-12.800 25.500M41.700 6.500c2 11.800-4 17.700-9.700 23.500 6 5.900 13.800 11.800 12.800 25.500M26.200 6.500c-1 10.800 3.900 15.700 9.800 21.600M37.800 6.500c1 10.800-3.900 15.700-9.800 21.600M18.300 44h27.400M18.300 48h27.400"/><circle cx="32" cy="30" r="4"/>`,
	"mask":     `<path d="M12.300 26.200c7.800-2 12.800-7.800 19.700-7.800s11.900 5.800 19.700 7.800V32c0 8.800-7.900 15.700-19.700 15.700S12.300 40.800 12.300 32z"/><path d="M20.200 30h23.600M19.200 35h25.600M22.200 40h19.600M12.300 27.200l-7.800-5M12.300 34l-7.800 5.900M51.700 27.200l7.800-5M51.700 34l7.800 5.900M28 19.400l4 2.900 4-2.900"/>`,
	"vest":     `<path d="m22.200 8.500-7.800 5.800V56h35.200V14.300l-7.800-5.800c-2 5.800-5.900 9.700-9.800 13.600-3.900-3.900-7.800-7.800-9.800-13.600z"/><path d="M32 22v34M14.400 38.500h35.200M14.400 43.500h35.200M20.200 10.500v28M43.800 10.500v28M24 14v24.500M40 14v24.500"/>`,
	"glasses":  `<path d="M6 27h52v4c0 8-4 13-11.500 13-7 0-10.500-4.500-12-10h-5c-1.500 5.500-5 10-12 10C10 44 6 39 6 31z"/><path d="M6 27 3 22M58 27l3-5M11 33c.4 3.500 2.200 6 5 6.800M39.500 33c.4 3.500 2.200 6 5 6.800M10 30h14M40 30h14"/>`,
	"earmuffs": `<path d="M14 38V30c0-11 8-19 18-19s18 8 18 19v8M18.500 36v-6c0-8.500 6-14.500 13.500-14.500S45.500 21.500 45.500 30v6"/><rect x="9" y="36" width="12" height="18" rx="5"/><rect x="43" y="36" width="12" height="18" rx="5"/><path d="M13 40v10M17 40v10M47 40v10M51 40v10"/>`,
	"truck":    `<path d="M5 16h33v28H5zM38 25h11l9 10v9H38M43 29v7h13"/><circle cx="16" cy="46" r="5.500"/><circle cx="16" cy="46" r="2"/><circle cx="47" cy="46" r="5.500"/><circle cx="47" cy="46" r="2"/><path d="M9 20h25M9 24h25M22 44h19M5 40h5.500"/>`,
	"crate":    `<path d="M8 20 32 10l24 10v24L32 54 8 44zM8 20l24 10 24-10M32 30v24"/><path d="m8 28 24 10 24-10M8 36l24 10 24-10M20 15l24 10M14 23v23.500M26 28v23.500M38 28v23.500M50 23v23.500"/>`,
}

// drawn says by which word of its French name a product is known, more telling
// words first; then families, for everything else.
var drawn = []struct{ word, drawing string }{
	{"coupe", "tool"}, {"écrou", "nut"}, {"rondelle", "washer"}, {"boulon", "bolt"}, {"tige", "bolt"}, {"ancrage", "anchor"}, {"cheville", "anchor"},
	{"fil d", "wire"}, {"câble", "wire"}, {"chaîne", "wire"}, {"équerre", "bracket"}, {"charnière", "bracket"},
	{"marteau", "hammer"}, {"perceuse", "drill"}, {"visseuse", "drill"}, {"foret", "tool"}, {"scie", "saw"}, {"clé", "wrench"},
	{"lampe", "lamp"}, {"projecteur", "lamp"}, {"oreille", "earmuffs"}, {"casque", "helmet"},
	{"gant", "glove"}, {"harnais", "harness"}, {"respirateur", "mask"}, {"masque", "mask"}, {"veste", "vest"}, {"dossard", "vest"},
	{"lunettes", "glasses"}, {"vis ", "screw"}, {"clou", "screw"},
	{"visserie", "screw"}, {"outillage", "tool"}, {"sécurité", "helmet"}, {"transport", "truck"},
}

// Drawing names the engraving of a product from its French name and the French
// name of its family: "crate" when nothing is known.
func Drawing(name, family string) string {
	for _, text := range []string{strings.ToLower(name) + " ", strings.ToLower(family)} {
		for _, d := range drawn {
			if strings.Contains(text, d.word) {
				return d.drawing
			}
		}
	}
	return "crate"
}

// Engraving draws a product. It says nothing to a screen reader: the product's
// name stands beside it.
func Engraving(name string) templ.Component {
	drawing, found := engravings[name]
	if !found {
		drawing = engravings["crate"]
	}
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<svg class="eng" viewBox="0 0 64 64" aria-hidden="true">`+drawing+`</svg>`)
		return err
	})
}

// EngravingNames lists the drawings, for the showroom.
func EngravingNames() []string { return sortedKeys(engravings) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
