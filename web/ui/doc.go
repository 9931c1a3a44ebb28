// Package ui is the look of Comptoir: a register and a counter. It holds the
// components every page is made of, the shells around them, their words in both
// languages, and the showroom where all of them are seen in every state.
//
// A component is a group of files that share its name: stamp.templ (or stamp.go),
// stamp.css. They stand in one package, not in a folder each, because a templ
// component is a Go function and a page uses ten of them: one import, and
// ui.Stamp, ui.Slip, ui.Counter read aloud where they are used.
//
// Components write no sentence of their own: words come from text/*.json through
// the *i18n.Printer they are given. They hold no inline style and no inline
// script, so that the page can forbid both. Classes are the contract with the
// style sheets; colours stand in tokens.css and nowhere else.
//
// Look at /desk/ui, or run
//
//	go run ./web/ui/specimen -listen 127.0.0.1:8088
//
// before drawing a new thing.
package ui
