package blob_test

import (
	"bytes"
	"context"
	"testing"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/blob"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/fault"
)

var ctx = context.Background()

func put(t *testing.T, d *db.DB, kind, media string, content []byte) (b blob.Blob, err error) {
	t.Helper()
	err = d.Write(ctx, func(tx *db.Tx) (err error) {
		b, err = blob.Put(ctx, tx, kind, media, content)
		return err
	})
	return b, err
}

func get(d *db.DB, id string) (b blob.Blob, err error) {
	err = d.Read(ctx, func(tx *db.Tx) (err error) {
		b, err = blob.Get(ctx, tx, id)
		return err
	})
	return b, err
}

// everyByte is content that no text column could hold.
func everyByte() (all []byte) {
	for i := range 256 {
		all = append(all, byte(i))
	}
	return all
}

func TestWhatWasPutComesBackByteForByte(t *testing.T) {
	dbtest.Each(t, migrations.Files, func(t *testing.T, d *db.DB) {
		for name, content := range map[string][]byte{"every byte": everyByte(), "nothing": nil, "the largest": bytes.Repeat([]byte{0xff, 0}, blob.Limit/2)} {
			b, err := put(t, d, "photo", "image/png", content)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got, err := get(d, b.ID)
			if err != nil || !bytes.Equal(got.Content, content) || got.Size != int64(len(content)) || got.Media != "image/png" || got.Kind != "photo" || got.Created.IsZero() {
				t.Errorf("%s: %d bytes came back as %d of %s, %v", name, len(content), got.Size, got.Media, err)
			}
		}
	})
}

func TestTheSameContentIsKeptOnce(t *testing.T) {
	dbtest.Each(t, migrations.Files, func(t *testing.T, d *db.DB) {
		first, err := put(t, d, "photo", "image/png", everyByte())
		if err != nil {
			t.Fatal(err)
		}
		again, err := put(t, d, "photo", "image/png", everyByte())
		if err != nil || again.ID != first.ID || !again.Created.Equal(first.Created) {
			t.Errorf("put twice: %s and %s, %v", first.ID, again.ID, err)
		}
		other, err := put(t, d, "invoice", "image/png", everyByte())
		if err != nil || other.ID == first.ID {
			t.Errorf("for something else it is the same one: %v", err)
		}
	})
}

var (
	spoil  = db.SQL("test.spoil_blob", `UPDATE blob SET content = $1`)
	absent = "0190a1b2-4111-7111-8111-111111111111"
)

func TestABlobThatIsTooLargeOrNotThereOrDamagedIsSaid(t *testing.T) {
	dbtest.Each(t, migrations.Files, func(t *testing.T, d *db.DB) {
		if _, err := put(t, d, "photo", "image/png", make([]byte, blob.Limit+1)); fault.Of(err).Code != "blob.too_large" {
			t.Errorf("a byte too many: %v", err)
		}
		if _, err := get(d, absent); fault.Of(err).Code != "blob.not_found" {
			t.Errorf("one that is not there: %v", err)
		}
		b, err := put(t, d, "photo", "image/png", everyByte())
		if err == nil {
			err = d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, spoil, []byte("other"))
				return err
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := get(d, b.ID); fault.Of(err).Code != "blob.damaged" {
			t.Errorf("one that somebody changed: %v", err)
		}
	})
}
