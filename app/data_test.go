package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
)

var ctx = context.Background()

func silent(string, ...any) {}

// lived is a shop where something has happened: people, orders that arrived and
// one that did not, an invoice, a linked trail with a tail.
func lived(t *testing.T, url string) *comptoirtest.House {
	t.Helper()
	d, err := app.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	e := instant.New(10, 5)
	cad := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }
	e.Set(erp.KindInvoice, "inv1", erp.Invoice{Number: "F-1", Customer: "c1", Date: "2026-11-02", Due: []erp.Instalment{{Date: "2026-12-02", Amount: cad(11498)}},
		Totals: erp.Totals{Net: cad(10000), Total: cad(11498), Taxes: []erp.TaxLine{{Tax: "gst", Base: cad(10000), Amount: cad(500)}, {Tax: "qst", Base: cad(10000), Amount: cad(998)}}},
		Open:   cad(11498), State: "open", Lines: []erp.InvoiceLine{{Item: "i1", Text: "Vis <nº 8> à bois, 1½ po\n\"boîte\"", Quantity: money.Int(10), UnitPrice: money.Must("10.00"), Amount: cad(10000)}}})
	h := &comptoirtest.House{T: t, ERP: e, Ctx: ctx, App: comptoirtest.Over(t, d, e)}
	if err := app.SeedPeople(ctx, d); err != nil {
		t.Fatal(err)
	}
	for _, quantity := range []string{"1", "12"} {
		place(t, h, quantity)
	}
	h.Steps()
	if err := h.Box.Link(ctx); err != nil {
		t.Fatal(err)
	}
	place(t, h, "3")
	return h
}

func place(t *testing.T, h *comptoirtest.House, quantity string) {
	t.Helper()
	if _, err := h.Order(h.Buyer("C1001"), "PRD-001", quantity); err != nil {
		t.Fatal(err)
	}
}

// manifestOf is what a backup says of itself, without when and where.
func manifestOf(t *testing.T, file string) (m struct {
	Tables []any
	Totals []struct {
		What   string
		Count  int
		Amount struct{ Minor int64 }
	}
}) {
	t.Helper()
	for name, text := range entries(t, file) {
		if name == "manifest.json" {
			if err := json.Unmarshal(text, &m); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

func entries(t *testing.T, file string) map[string][]byte {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	zip, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if all[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func backup(t *testing.T, url string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup")
	if err := app.Backup(ctx, url, file, silent); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestABackupGoesFromOneEngineToTheOtherAndBackToTheSameCent(t *testing.T) {
	for _, engines := range [][2]string{{"sqlite", "postgres"}, {"postgres", "sqlite"}} {
		t.Run(engines[0]+" to "+engines[1], func(t *testing.T) {
			here, there, back := dbtest.URL(t, engines[0]), dbtest.URL(t, engines[1]), dbtest.URL(t, engines[0])
			h := lived(t, here)
			first := backup(t, here) // beside the shop that has it open
			if err := app.Restore(ctx, there, first, silent); err != nil {
				t.Fatal(err)
			}
			second := backup(t, there)
			if err := app.Restore(ctx, back, second, silent); err != nil {
				t.Fatal(err)
			}
			want, got := manifestOf(t, first), manifestOf(t, backup(t, back))
			if a, b := text(t, want), text(t, got); a != b {
				t.Errorf("after the journey:\n%s\nbefore:\n%s", b, a)
			}
			if len(want.Totals) != 3 || want.Totals[0].Amount.Minor != 11498 || want.Totals[2].What != "orders" || want.Totals[2].Count != 3 {
				t.Errorf("totals: %+v", want.Totals)
			}
			goesOn(t, there, h.ERP)
		})
	}
}

// goesOn sells in a restored shop: what was on its way arrives, and new rows find
// their numbers.
func goesOn(t *testing.T, url string, e *instant.ERP) {
	t.Helper()
	d, err := app.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	h := &comptoirtest.House{T: t, ERP: e, Ctx: ctx, App: comptoirtest.Over(t, d, e)}
	place(t, h, "7")
	if n := h.Steps(); n < 2 {
		t.Errorf("%d messages went out, of the one that waited and the new one", n)
	}
	if err := h.Box.Link(ctx); err != nil {
		t.Fatal(err)
	}
	trail, err := outbox.Verify(ctx, d)
	if err != nil || trail.Broken != "" || trail.Unlinked != 0 || trail.Linked < 10 {
		t.Errorf("trail: %+v, %v", trail, err)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestABackupHoldsNoSessionAndNoTableIsMissing(t *testing.T) {
	url := dbtest.URL(t, "sqlite")
	lived(t, url)
	all := entries(t, backup(t, url))
	for _, name := range []string{"fact.ndjson", "sales_order.ndjson", "invoice.ndjson", "person.ndjson", "delivery.ndjson"} {
		if len(all[name]) == 0 {
			t.Errorf("%s is empty or missing", name)
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "session") || strings.HasPrefix(name, "signin") {
			t.Errorf("%s is in the backup", name)
		}
	}
}

func TestABackupNeverWritesOverAFile(t *testing.T) {
	url := dbtest.URL(t, "sqlite")
	lived(t, url)
	file := backup(t, url)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Backup(ctx, url, file, silent); fault.Of(err).Code != "cmd.file_exists" {
		t.Errorf("a second backup to the same file: %v", err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("the file changed")
	}
}

func TestOnlyAWholeBackupIsRestoredAndOnlyIntoAnEmptyDatabase(t *testing.T) {
	source := dbtest.URL(t, "sqlite")
	lived(t, source)
	whole := backup(t, source)
	bytes, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			url := dbtest.URL(t, engine)
			refused := func(why, code string, content []byte) {
				t.Helper()
				file := filepath.Join(t.TempDir(), "broken")
				if err := os.WriteFile(file, content, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := app.Restore(ctx, url, file, silent); fault.Of(err).Code != code {
					t.Errorf("%s: %v", why, err)
				}
			}
			for _, part := range []int{0, 5, len(bytes) / 3, len(bytes) - 9, len(bytes) - 1} {
				refused("cut", "cmd.backup_cut", bytes[:part])
			}
			refused("no tar", "cmd.backup_cut", []byte("this is a letter, not a backup"))
			refused("a cent more", "cmd.backup_differs", altered(t, whole, "order_line.ndjson", `"amount":1000,`, `"amount":1001,`))
			refused("one row less", "cmd.backup_differs", altered(t, whole, "unit.ndjson", "", ""))
			refused("another sum", "cmd.totals_differ", altered(t, whole, "manifest.json", `"minor": 11498`, `"minor": 11499`))
			// Nothing of all that stayed: the whole one finds the database empty.
			if err := app.Restore(ctx, url, whole, silent); err != nil {
				t.Fatal(err)
			}
			if err := app.Restore(ctx, url, whole, silent); fault.Of(err).Code != "cmd.not_empty" {
				t.Errorf("a second time: %v", err)
			}
		})
	}
}

// altered is a backup in which somebody changed one entry.
func altered(t *testing.T, file, name, old, new string) []byte {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	zip, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	zipped.Comment = zip.Comment
	to, changed := tar.NewWriter(zipped), false
	for from := tar.NewReader(zip); ; {
		header, err := from.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		if header.Name == name {
			edited := []byte(strings.Replace(string(content), old, new, 1))
			if old == "" {
				edited = nil // leave its one row out
			}
			changed = !bytes.Equal(edited, content)
			content = edited
		}
		header.Size = int64(len(content))
		if err := to.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if to.Close() != nil || zipped.Close() != nil || !changed {
		t.Fatalf("%s: nothing to alter", name)
	}
	return out.Bytes()
}

func TestAnExportIsReadWithoutUs(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			url := dbtest.URL(t, engine)
			lived(t, url)
			folder := filepath.Join(t.TempDir(), "export")
			if err := app.Export(ctx, url, folder, silent); err != nil {
				t.Fatal(err)
			}
			var schema struct {
				Tables []struct {
					Name    string
					Rows    int
					Columns []struct{ Name, Type, Meaning string }
				}
			}
			content, err := os.ReadFile(filepath.Join(folder, "schema.json"))
			if err == nil {
				err = json.Unmarshal(content, &schema)
			}
			if err != nil || len(schema.Tables) < 25 {
				t.Fatalf("schema.json: %v, %d tables", err, len(schema.Tables))
			}
			for _, table := range schema.Tables {
				var names []string
				for _, c := range table.Columns {
					names = append(names, c.Name)
				}
				lines, err := os.ReadFile(filepath.Join(folder, table.Name+".ndjson"))
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for line := range strings.Lines(string(lines)) {
					row := map[string]any{}
					if err := json.Unmarshal([]byte(line), &row); err != nil {
						t.Fatalf("%s: %v", table.Name, err)
					}
					if keys := slices.Sorted(maps.Keys(row)); !slices.Equal(keys, slices.Sorted(slices.Values(names))) {
						t.Errorf("%s has %v, the schema says %v", table.Name, keys, names)
					}
					n++
				}
				sheet, err := os.Open(filepath.Join(folder, table.Name+".csv"))
				if err != nil {
					t.Fatal(err)
				}
				cells, err := csv.NewReader(sheet).ReadAll()
				sheet.Close()
				if err != nil || n != table.Rows || len(cells) != n+1 || !slices.Equal(cells[0], names) {
					t.Errorf("%s: %d rows, %d lines, %d rows in the sheet, %v", table.Name, table.Rows, n, len(cells)-1, err)
				}
				if strings.Contains(string(lines), "$argon2id$") {
					t.Errorf("%s holds passwords", table.Name)
				}
			}
			invoice, err := os.ReadFile(filepath.Join(folder, "invoice.ndjson"))
			if err != nil || !strings.Contains(string(invoice), `"due_parts":[{"date":"2026-12-02"`) || !strings.Contains(string(invoice), `"total":11498,`) {
				t.Errorf("invoice: %s", invoice)
			}
		})
	}
}

func scanTwo(r db.Row) (two [2]string, err error) {
	err = r.Scan(&two[0], &two[1])
	return two, err
}
