package books_test

import (
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/erp/erptest"
)

// The books' clerk can do all that the conformance checks ask of one.
var (
	_ erptest.Clerk           = (*books.Clerk)(nil)
	_ erptest.CustomerBlocker = (*books.Clerk)(nil)
	_ erptest.Archivist       = (*books.Clerk)(nil)
	_ erptest.Copier          = (*books.Clerk)(nil)
)
