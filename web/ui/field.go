package ui

import (
	"strings"

	"comptoir.example/comptoir/base/fault"
	"github.com/a-h/templ"
)

// kind is the type of the field: a browser shows nothing of a date that is none.
func (in Input) kind() string {
	if in.Type == "date" && in.Bad != nil {
		return "text"
	}
	return or(in.Type, "text")
}

func (in Input) attrs() templ.Attributes {
	attrs := templ.Attributes{}
	set := func(name, value string) {
		if value != "" {
			attrs[name] = value
		}
	}
	set("autocomplete", in.Autocomplete)
	set("inputmode", in.Mode)
	set("maxlength", in.MaxLength)
	var described []string
	if in.Hint != "" {
		described = append(described, in.Name+"-hint")
	}
	if in.Bad != nil {
		described = append(described, in.Name+"-bad")
		attrs["aria-invalid"] = "true"
	}
	set("aria-describedby", strings.Join(described, " "))
	return attrs
}

// BadField finds what is wrong with a field in the faults of a form, nil when
// nothing is.
func BadField(fields []fault.Field, name string) *fault.Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// Tel makes a phone number into an address: 514 555-0123 is tel:+15145550123.
func Tel(phone string) templ.SafeURL {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
	if len(digits) == 10 {
		digits = "1" + digits
	}
	return templ.SafeURL("tel:+" + digits)
}
