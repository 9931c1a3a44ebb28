// Package blob keeps files in the database: printed documents, photos, what was
// imported. There they are in the unit of work that made them, in every backup and
// in every scan. A blob is never changed: other content is another blob.
//
// Tables: blob.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
)

// Limit is the largest content, in bytes: a backup holds whole rows in memory.
const Limit = 10 << 20

// Blob is a file. Who may see it is known to whoever keeps its id.
type Blob struct {
	ID      string
	Kind    string // what it is for
	Media   string // media type
	Size    int64
	SHA256  string // of the content, in hexadecimal
	Created time.Time
	Content []byte
}

const columns = `id, kind, media, size, sha256, created, content`

var (
	insertBlob = db.SQL("blob.insert", `
INSERT INTO blob (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (sha256, kind, media) DO NOTHING`)
	selectSame = db.SQL("blob.select_same", `SELECT id, created FROM blob WHERE sha256 = $1 AND kind = $2 AND media = $3`)
	selectBlob = db.SQL("blob.select", `SELECT `+columns+` FROM blob WHERE id = $1`)
)

func scan(r db.Row) (b Blob, err error) {
	err = r.Scan(&b.ID, &b.Kind, &b.Media, &b.Size, &b.SHA256, &b.Created, &b.Content)
	return b, err
}

// Put keeps content. The same content of the same kind and media type is kept
// once, so a unit of work that runs twice leaves one. Invalid above the limit.
func Put(ctx context.Context, tx *db.Tx, kind, media string, content []byte) (Blob, error) {
	if len(content) > Limit {
		return Blob{}, fault.New(fault.Invalid, "blob.too_large", "limit", Limit>>20)
	}
	if content == nil {
		content = []byte{} // nil would be NULL
	}
	b := Blob{ID: tx.ID(), Kind: kind, Media: media, Size: int64(len(content)), SHA256: hashOf(content), Created: tx.Now, Content: content}
	n, err := tx.Exec(ctx, insertBlob, b.ID, kind, media, b.Size, b.SHA256, b.Created, content)
	if err != nil || n == 1 {
		return b, err
	}
	_, _, err = db.One(ctx, tx, selectSame, func(r db.Row) (_ struct{}, err error) {
		return struct{}{}, r.Scan(&b.ID, &b.Created)
	}, b.SHA256, kind, media)
	return b, err
}

// Get reads a blob. NotFound when there is none; Unavailable when its content is
// not what was put.
func Get(ctx context.Context, tx *db.Tx, id string) (Blob, error) {
	b, found, err := db.One(ctx, tx, selectBlob, scan, id)
	switch {
	case err != nil:
		return Blob{}, err
	case !found:
		return Blob{}, fault.New(fault.NotFound, "blob.not_found")
	case hashOf(b.Content) != b.SHA256:
		return Blob{}, fault.New(fault.Unavailable, "blob.damaged").Because(fmt.Errorf("blob %s has other content than its hash", b.ID))
	}
	return b, nil
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
