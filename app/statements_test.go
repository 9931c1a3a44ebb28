package app_test

import (
	"context"
	"strings"
	"testing"

	"comptoir.example/comptoir/app/migrations"
	_ "comptoir.example/comptoir/base/blob"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	_ "comptoir.example/comptoir/erpsync"
	_ "comptoir.example/comptoir/finance/invoice"
)

// Every statement of the program is a named value; here each is prepared on both
// engines, on the schema the migrations make.
func TestEveryStatementIsTakenByBothEngines(t *testing.T) {
	dbtest.Each(t, migrations.Files, func(t *testing.T, d *db.DB) {
		names := map[string]bool{}
		for _, s := range db.Statements() {
			if strings.HasPrefix(s.Name, "books.") {
				continue // the embedded ERP has a schema of its own
			}
			if names[s.Name] {
				t.Errorf("%s is named twice", s.Name)
			}
			names[s.Name] = true
			if err := d.Check(context.Background(), s); err != nil {
				t.Error(err)
			}
		}
		if len(names) < 50 {
			t.Errorf("only %d statements are registered: something is not linked", len(names))
		}
	})
}
