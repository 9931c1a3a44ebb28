package ui

import "strconv"

// failureKey is the key of a status's words; any other status is ours to mend.
func failureKey(status int) string {
	switch status {
	case 403, 404, 409, 429, 503:
		return "ui.error." + strconv.Itoa(status)
	}
	return "ui.error.500"
}
