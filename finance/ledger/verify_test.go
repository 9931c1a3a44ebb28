package ledger_test

import (
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/ledger"
)

// What somebody does who has first taken the guards away.
var (
	unguardLine  = db.SQL("ledger_test.unguard_line", `ALTER TABLE ledger_line DISABLE TRIGGER ALL`)
	unguardEntry = db.SQL("ledger_test.unguard_entry", `ALTER TABLE ledger_entry DISABLE TRIGGER ALL`)
	unguardHold  = db.SQL("ledger_test.unguard_hold", `ALTER TABLE ledger_hold DISABLE TRIGGER ALL`)
	dropGuards   = guards("ledger_entry_sound", "ledger_line_late", "ledger_entry_kept", "ledger_entry_counted", "ledger_entry_stays", "ledger_line_kept",
		"ledger_line_counted", "ledger_line_stays", "ledger_hold_kept", "ledger_hold_resolved")

	changeCurrency = db.SQL("ledger_test.change_currency", `UPDATE ledger_line SET currency = 'USD' WHERE entry = $1 AND no = 1`)
	changePosted   = db.SQL("ledger_test.change_posted", `UPDATE ledger_entry SET posted = posted + 1 WHERE id = $1`)
	changeFact     = db.SQL("ledger_test.change_fact", `UPDATE fact SET body = '{}' WHERE subject = $1`)
	dropFact       = db.SQL("ledger_test.drop_fact", `DELETE FROM fact WHERE subject = $1`)
	changeBalance  = db.SQL("ledger_test.change_balance", `UPDATE ledger_balance SET minor = minor + 1 WHERE account = 'ar:a kept balance'`)
)

func guards(names ...string) (drop []*db.Stmt) {
	for _, name := range names {
		drop = append(drop, db.SQL("ledger_test.drop_"+name, `DROP TRIGGER `+name))
	}
	return drop
}

func unguard(t *testing.T, d *db.DB) {
	t.Helper()
	stmts := dropGuards
	if d.Engine() == "postgres" {
		stmts = []*db.Stmt{unguardLine, unguardEntry, unguardHold}
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		for _, s := range stmts {
			if err := (raw{tx}).exec(s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsWhateverWasChangedPastTheGuards(t *testing.T) {
	type change func(r raw, id string) error
	on := func(stmts ...*db.Stmt) change {
		return func(r raw, id string) (err error) {
			for _, s := range stmts {
				err = first(err, r.exec(s, id))
			}
			return err
		}
	}
	changes := []struct {
		name   string
		change change
		finds  []string
	}{
		{"an amount", on(changeLine), []string{ledger.Unbalanced, ledger.Uneven, ledger.Drift, ledger.Altered}},
		{"a currency", on(changeCurrency), []string{ledger.Unbalanced, ledger.Uneven, ledger.Drift, ledger.Altered}},
		{"an account", on(changeAccount), []string{ledger.Drift, ledger.Altered}},
		{"the day", on(changeDay), []string{ledger.Altered}},
		{"the key", on(changeKey), []string{ledger.Altered, ledger.Untold}},
		{"the hash", on(changeHash), []string{ledger.Altered, ledger.Untold}},
		{"the time", on(changePosted), []string{ledger.Untold}},
		{"the fact", on(changeFact), []string{ledger.Untold}},
		{"no fact", on(dropFact), []string{ledger.Untold}},
		{"no entry", on(dropLines, dropEntry), []string{ledger.Drift, ledger.Missing}},
		{"half an entry", on(dropLines), []string{ledger.Unbalanced, ledger.Drift, ledger.Altered}},
		{"not counted any more", on(forgetEntry), []string{ledger.Drift}},
		{"a kept balance", func(r raw, _ string) error { return r.exec(changeBalance) }, []string{ledger.Drift}},
		{"a smaller promise", func(r raw, _ string) error { return r.exec(changeHold, "auth") }, []string{ledger.WrongHold}},
	}
	each(t, func(t *testing.T, d *db.DB) {
		if _, err := hold(d, authorised("auth", d.Now().Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		if _, err := settle(d, "auth", 100, "cap"); err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			mustPost(t, d, move(c.name, ledger.AR(c.name), ledger.Disputed(c.name), cad(50)))
		}
		count(t, d)
		mustBeSound(t, d, len(changes)+1)
		unguard(t, d)
		before := found(t, d)
		for _, c := range changes {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				e, _, err := ledger.Find(ctx, tx, c.name)
				return first(err, c.change(raw{tx}, e.ID))
			}); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			now := found(t, d)
			var more []string
			for name, n := range now {
				if n > before[name] {
					more = append(more, name)
				}
			}
			slices.Sort(more)
			slices.Sort(c.finds)
			if !slices.Equal(more, c.finds) {
				t.Errorf("%s: it finds %v more, not %v", c.name, more, c.finds)
			}
			before = now
		}
	})
}

// found is what each check of Verify finds.
func found(t *testing.T, d *db.DB) map[string]int {
	t.Helper()
	r, err := ledger.Verify(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, c := range r.Checks {
		all[c.Name] = c.N
		if (c.N > 0) != (c.Example != "") {
			t.Errorf("%+v names the wrong thing", c)
		}
	}
	return all
}
