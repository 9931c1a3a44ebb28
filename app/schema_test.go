package app

import (
	"context"
	"slices"
	"strings"
	"testing"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/erp"
)

// Backup, export and doctor work from what they read in the migrations' text.
// Here that is compared with the tables that are really there.
func TestTheTablesWeKnowAreTheTablesThatAreThere(t *testing.T) {
	types := map[string][]string{"text": {"TEXT", "text"}, "bigint": {"INTEGER", "bigint"}, "serial": {"INTEGER", "bigint"}, "bool": {"INTEGER", "boolean"}, "blob": {"BLOB", "bytea"}}
	dbtest.Each(t, migrations.Files, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var live []db.Column
		if err := d.Read(ctx, func(tx *db.Tx) (err error) {
			live, err = db.Columns(ctx, tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		known := declared()
		if len(live) < 200 {
			t.Fatalf("only %d columns are there", len(live))
		}
		for i := range max(len(live), len(known)) {
			if i >= len(live) || i >= len(known) || live[i].Table != known[i].Table || live[i].Name != known[i].Name {
				t.Fatalf("column %d: there %v, known %v", i, live[i:min(i+1, len(live))], known[i:min(i+1, len(known))])
			}
			if !slices.Contains(types[known[i].Type], live[i].Type) {
				t.Errorf("%s.%s is %s there and %s here", live[i].Table, live[i].Name, live[i].Type, known[i].Type)
			}
		}
	})
}

func TestNoTableIsForgotten(t *testing.T) {
	for _, t2 := range schema {
		_, out := leftOut[t2.Name]
		if in := slices.Contains(kept, t2); in == out {
			t.Errorf("%s: in the backup %v, left out %v", t2.Name, in, out)
		}
		if t2.Owner == "" || len(t2.Key) == 0 {
			t.Errorf("%s has owner %q and key %v", t2.Name, t2.Owner, t2.Key)
		}
	}
	for name := range leftOut {
		if !slices.ContainsFunc(schema, func(t *table) bool { return t.Name == name }) {
			t.Errorf("%s is left out and does not exist", name)
		}
	}
	for _, kind := range erp.Kinds {
		if _, known := homes[kind]; !known {
			t.Errorf("the doctor does not know where records of %s live", kind)
		}
	}
}

func TestTheExportSaysWhatEveryNumberAndEveryTextIs(t *testing.T) {
	plain := []string{"attempts", "failures", "count", "days", "digits", "checked", "differed", "no", "amount", "total", "balance", "worst", "size", "minor", "unapplied", "lost", "lines", "theirs", "ours", "transit", "gross", "refunded", "fees", "disputed", "other"}
	for _, tab := range schema {
		for _, c := range tab.Columns {
			kind := tab.exportType(c)
			if kind == "integer" && c.Type == "bigint" && c.Name != "until" && !slices.Contains(plain, c.Name) {
				t.Errorf("%s.%s: is it a moment or a number? Put it into instants, or into this test", tab.Name, c.Name)
			}
			if json := strings.HasPrefix(c.Meaning, "JSON"); json != (kind == "json") && c.Name != "totals" && c.Name != "capabilities" {
				t.Errorf("%s.%s: %q is exported as %s", tab.Name, c.Name, c.Meaning, kind)
			}
		}
	}
}
