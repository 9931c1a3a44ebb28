package ui

import (
	"strconv"

	"comptoir.example/comptoir/base/i18n"
)

// failureKey is the key of a status's words; any other status is ours to mend.
func failureKey(status int) string {
	switch status {
	case 403, 404, 409, 429, 503:
		return "ui.error." + strconv.Itoa(status)
	}
	return "ui.error.500"
}

// Title is the failure in a few words, for the head of the page.
func (f Failure) Title(p *i18n.Printer) string { return p.T(failureKey(f.Status)) }
