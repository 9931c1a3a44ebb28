package app_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/blob"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
)

// kept puts a file into a new database and says its id.
func kept(t *testing.T, url string, content []byte) (id string) {
	t.Helper()
	d, err := app.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		b, err := blob.Put(ctx, tx, "document", "application/pdf", content)
		id = b.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

var pdf = append([]byte("%PDF-1.7\n\x00\xff\"\\"), bytes.Repeat([]byte{0x80, '\n', 0}, 1<<20)...)

func TestAFileIsInTheBackupAndInTheExport(t *testing.T) {
	for _, engines := range [][2]string{{"sqlite", "postgres"}, {"postgres", "sqlite"}} {
		t.Run(engines[0]+" to "+engines[1], func(t *testing.T) {
			here, there := dbtest.URL(t, engines[0]), dbtest.URL(t, engines[1])
			id := kept(t, here, pdf)
			if err := app.Restore(ctx, there, backup(t, here), silent); err != nil {
				t.Fatal(err)
			}
			d, err := app.Open(ctx, there)
			if err != nil {
				t.Fatal(err)
			}
			err = d.Read(ctx, func(tx *db.Tx) error {
				b, err := blob.Get(ctx, tx, id)
				if err == nil && (!bytes.Equal(b.Content, pdf) || b.Media != "application/pdf") {
					t.Errorf("after the journey it is %d bytes of %s", b.Size, b.Media)
				}
				return err
			})
			if d.Close(); err != nil {
				t.Fatal(err)
			}
			folder := filepath.Join(t.TempDir(), "export")
			if err := app.Export(ctx, there, folder, silent); err != nil {
				t.Fatal(err)
			}
			var row struct{ Content string }
			line, err := os.ReadFile(filepath.Join(folder, "blob.ndjson"))
			if err == nil {
				err = json.Unmarshal(line, &row)
			}
			if content, e := hex.DecodeString(row.Content); err != nil || e != nil || !bytes.Equal(content, pdf) {
				t.Errorf("the export has %d bytes of it: %v, %v", len(content), err, e)
			}
		})
	}
}

// A card number in a file is found like one in a text.
func TestACardNumberInAFileIsFound(t *testing.T) {
	for _, engine := range dbtest.Engines {
		for content, bad := range map[string]bool{"\x00 carte 4111-1111-1111-1111\xff": true, "\x00 carte 4111-1111-1111-1112\xff": false} {
			url := dbtest.URL(t, engine)
			kept(t, url, []byte(content))
			hit := ""
			for _, f := range app.DoctorPCI(context.Background(), app.Config{Database: url}) {
				if f.Check == "pci_luhn" && f.State == app.Problem {
					hit, _ = f.Params[len(f.Params)-1].(string)
				}
			}
			if want := map[bool]string{true: "blob.content"}[bad]; hit != want {
				t.Errorf("%s, %q: found in %q, not in %q", engine, content, hit, want)
			}
		}
	}
}
