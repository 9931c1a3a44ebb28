package ui

import (
	"context"
	"fmt"
	"io"

	"github.com/a-h/templ"
)

// icons are drawn on a grid of 16 with one line of 1.6. Each page carries only
// the ones it shows, inside the page: no request, and they print.
var icons = map[string]string{
	"arrow":  `<path d="M2.5 8h10.6M9.4 4.3 13.1 8l-3.7 3.7"/>`,
	"back":   `<path d="M13.5 8H2.9M6.6 4.3 2.9 8l3.7 3.7"/>`,
	"bank":   `<path d="M2 6.1 8 2.3l6 3.8zM2.2 13.5h11.6M4 6.3v7M6.7 6.3v7M9.3 6.3v7M12 6.3v7"/>`,
	"book":   `<path d="M3.1 2.3h9.2v11.4H3.1zM5.5 2.3v11.4M7.7 5.3h2.6"/>`,
	"box":    `<path d="m8 1.9 5.7 2.8v6.6L8 14.1l-5.7-2.8V4.7zM2.3 4.7 8 7.5l5.7-2.8M8 7.5v6.6"/>`,
	"cart":   `<path d="M1.5 2.5h1.9l1.8 7.6h7.1L14 4.7H4"/><circle cx="6.1" cy="12.9" r="1.2"/><circle cx="11.4" cy="12.9" r="1.2"/>`,
	"chat":   `<path d="M2.1 2.9h11.8v8.2H7.5l-3.2 2.7v-2.7H2.1z"/>`,
	"check":  `<circle cx="8" cy="8" r="6.2"/><path d="m5.1 8.2 2.1 2 3.7-4.1"/>`,
	"clock":  `<circle cx="8" cy="8" r="6.2"/><path d="M8 4.5V8l2.4 1.7"/>`,
	"dots":   `<path d="M3.4 8h.1M8 8h.1M12.6 8h.1" stroke-width="2.2"/>`,
	"down":   `<path d="M8 2.1v8.3M4.7 7.1 8 10.5l3.3-3.4M2.5 13.7h11"/>`,
	"eye":    `<path d="M1.5 8C3.1 5.1 5.2 3.7 8 3.7S12.9 5.1 14.5 8c-1.6 2.9-3.7 4.3-6.5 4.3S3.1 10.9 1.5 8z"/><circle cx="8" cy="8" r="1.9"/>`,
	"file":   `<path d="M3.7 1.9h5.6l3 3v9.2H3.7zM9.3 1.9v3h3M5.9 8.1h4.2M5.9 10.8h4.2"/>`,
	"flag":   `<path d="M3.5 14.3V2.3h8.7L10 5.4l2.2 3.1H3.5"/>`,
	"gear":   `<circle cx="8" cy="8" r="2.2"/><path d="M8 1.9v2M8 12.1v2M1.9 8h2M12.1 8h2M3.7 3.7l1.4 1.4M10.9 10.9l1.4 1.4M12.3 3.7l-1.4 1.4M5.1 10.9l-1.4 1.4"/>`,
	"half":   `<circle cx="8" cy="8" r="6.2"/><path class="full" d="M8 1.8a6.2 6.2 0 0 1 0 12.4z"/>`,
	"here":   `<path d="M8 14.3S3.5 10 3.5 6.4a4.5 4.5 0 0 1 9 0c0 3.6-4.5 7.9-4.5 7.9z"/><circle cx="8" cy="6.4" r="1.4"/>`,
	"home":   `<path d="m2.1 7.4 5.9-5 5.9 5M3.7 6.3v7.4h8.6V6.3"/>`,
	"key":    `<circle cx="5" cy="10.7" r="2.9"/><path d="m7.1 8.5 6-6M11 4.6l1.9 1.9"/>`,
	"list":   `<path d="M5.5 4h8.2M5.5 8h8.2M5.5 12h8.2M2.4 4h.1M2.4 8h.1M2.4 12h.1"/>`,
	"lock":   `<rect x="3.1" y="7" width="9.8" height="6.9" rx="1"/><path d="M5.3 7V4.9a2.7 2.7 0 0 1 5.4 0V7"/>`,
	"oct":    `<path d="M5.4 1.9h5.2l3.5 3.5v5.2l-3.5 3.5H5.4l-3.5-3.5V5.4z"/><path d="M8 4.9v3.7M8 10.9v.1"/>`,
	"park":   `<path d="M2.3 5h11.4v8.5H2.3zM2.3 5l1.6-2.7h8.2L13.7 5M6.1 8.1h3.8"/>`,
	"pause":  `<circle cx="8" cy="8" r="6.2"/><path d="M6.4 5.8v4.4M9.6 5.8v4.4"/>`,
	"phone":  `<path d="M3.1 2.3h2.5l1.2 3.1-1.7 1.2c.9 1.9 2.4 3.4 4.3 4.3l1.2-1.7 3.1 1.2v2.5c0 .7-.5 1.2-1.2 1.2C7 14.1 1.9 9 1.9 3.5c0-.7.5-1.2 1.2-1.2z"/>`,
	"plus":   `<path d="M8 3.1v9.8M3.1 8h9.8"/>`,
	"search": `<circle cx="7" cy="7" r="4.6"/><path d="m10.4 10.4 3.7 3.7"/>`,
	"shield": `<path d="M8 1.7 13.3 3.7v3.9c0 3.4-2.1 5.6-5.3 6.7-3.2-1.1-5.3-3.3-5.3-6.7V3.7z"/>`,
	"sort":   `<path d="M8 3.1v9.8M4.9 9.8 8 12.9l3.1-3.1"/>`,
	"swap":   `<path d="M2.5 5.4h10.2L10 2.5M13.5 10.6H3.3L6 13.5"/>`,
	"sync":   `<path d="M13.3 6.4A5.7 5.7 0 0 0 2.9 5.6M2.7 9.6a5.7 5.7 0 0 0 10.4.8M2.7 2.7v2.9h2.9M13.3 13.3v-2.9h-2.9"/>`,
	"tri":    `<path d="M8 2.3 14.3 13.3H1.7z"/><path d="M8 6.4v3.1M8 11.4v.1"/>`,
	"truck":  `<path d="M1.5 3.7h7.9v7.4H1.5zM9.4 6.1h2.9l2.2 2.5v2.5H9.4"/><circle cx="4.4" cy="11.9" r="1.4"/><circle cx="11.6" cy="11.9" r="1.4"/>`,
	"up":     `<path d="M8 10.5V2.4M4.7 5.6 8 2.3l3.3 3.3M2.5 13.7h11"/>`,
	"user":   `<circle cx="8" cy="5.2" r="2.8"/><path d="M2.7 13.9c.6-2.9 2.6-4.3 5.3-4.3s4.7 1.4 5.3 4.3"/>`,
	"users":  `<circle cx="6" cy="5.4" r="2.4"/><path d="M1.5 13.3c.4-2.5 2.2-3.7 4.5-3.7s4.1 1.2 4.5 3.7M10.6 3.3a2.3 2.3 0 0 1 0 4.3M12.1 10c1.5.5 2.3 1.6 2.5 3.3"/>`,
	"x":      `<path d="m4.1 4.1 7.8 7.8M11.9 4.1l-7.8 7.8"/>`,
	"xo":     `<circle cx="8" cy="8" r="6.2"/><path d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4"/>`,
}

// Icon draws an icon. It says nothing to a screen reader: words stand beside it,
// always. An unknown name draws dots, and fails a test.
func Icon(name string) templ.Component {
	drawing, found := icons[name]
	if !found {
		drawing = icons["dots"]
	}
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<svg class="ic" viewBox="0 0 16 16" aria-hidden="true">`+drawing+`</svg>`)
		return err
	})
}

// IconNames lists the icons, for the showroom and its tests.
func IconNames() []string { return sortedKeys(icons) }

// percent is a whole part of a whole as an SVG length; a bar's width is an
// attribute, because styles inside the page are forbidden.
func percent(n int) string { return fmt.Sprintf("%d%%", min(max(n, 0), 100)) }
