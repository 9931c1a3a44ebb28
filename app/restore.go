package app

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
)

// Restore fills an empty database of either engine from a backup, all of it or
// nothing, and compares what is there then with what the backup says.
func Restore(ctx context.Context, url, file string, say Say) error {
	in, err := os.Open(file)
	if err != nil {
		return fault.New(fault.Invalid, "cmd.cannot_read", "path", file, "why", err.Error()).Because(err)
	}
	defer in.Close()
	d, err := Open(ctx, url)
	if err != nil {
		return err
	}
	defer d.Close()
	var m manifest
	if err := d.Write(ctx, func(tx *db.Tx) (err error) {
		if err := mustBeEmpty(ctx, tx); err != nil {
			return err
		}
		if _, err := in.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if m, err = readBackup(ctx, tx, in); notWhole(err) {
			return fault.New(fault.Invalid, "cmd.backup_cut", "path", file).Because(err)
		}
		return err
	}); err != nil {
		return err
	}
	// The engine counts again what stands in its tables.
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		return err
	}
	say("cmd.restored", "path", file, "time", m.Written)
	m.say(say)
	return nil
}

// notWhole says that a file ends too early, or is no gzip'd tar at all.
func notWhole(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) ||
		errors.Is(err, tar.ErrHeader)
}

func mustBeEmpty(ctx context.Context, tx *db.Tx) error {
	for _, t := range schema {
		if n, _, err := db.One(ctx, tx, t.count, db.Value[int64]); err != nil {
			return err
		} else if n > 0 {
			return fault.New(fault.Conflict, "cmd.not_empty", "table", t.Name, "n", n)
		}
	}
	return nil
}

func readBackup(ctx context.Context, tx *db.Tx, in io.Reader) (m manifest, err error) {
	zip, err := gzip.NewReader(in)
	if err != nil {
		return m, err
	}
	if ours := (manifest{Format: backupFormat, Schema: mark(declared())}); zip.Comment != ours.label() {
		return m, fault.New(fault.Conflict, "cmd.backup_other_schema")
	}
	archive := tar.NewReader(zip)
	var found []tableSum
	for {
		header, err := archive.Next()
		if err != nil {
			return m, err // also at the end: the manifest has not come
		}
		if header.Name == manifestName {
			if err := json.NewDecoder(archive).Decode(&m); err != nil {
				return m, err
			}
			// To the end, where gzip checks that nothing was altered on the way.
			if _, err := io.Copy(io.Discard, zip); err != nil {
				return m, err
			}
			return m, m.check(ctx, tx, found)
		}
		i := slices.IndexFunc(kept, func(t *table) bool { return t.Name+".ndjson" == header.Name })
		if i < 0 {
			return m, fault.New(fault.Invalid, "cmd.backup_differs", "table", strings.TrimSuffix(header.Name, ".ndjson"))
		}
		sum, err := kept[i].fill(ctx, tx, archive)
		if err != nil {
			return m, err
		}
		found = append(found, sum)
	}
}

// fill writes the rows of one table, many in one statement.
func (t *table) fill(ctx context.Context, tx *db.Tx, in io.Reader) (sum tableSum, err error) {
	sum.Name = t.Name
	hash := sha256.New()
	lines := bufio.NewReaderSize(io.TeeReader(in, hash), 1<<16)
	list, n := bytes.NewBufferString("["), 0
	flush := func() error {
		if n == 0 {
			return ctx.Err()
		}
		list.WriteByte(']')
		_, err := tx.Exec(ctx, t.insert, list.String())
		list.Truncate(1)
		n = 0
		return err
	}
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		} else if err != nil {
			return sum, err
		}
		if n > 0 {
			list.WriteByte(',')
		}
		list.Write(bytes.TrimSuffix(line, []byte{'\n'}))
		sum.Rows++
		if n++; n == 1000 || list.Len() > 1<<20 {
			if err := flush(); err != nil {
				return sum, err
			}
		}
	}
	if err := flush(); err != nil {
		return sum, err
	}
	sum.SHA256 = hex.EncodeToString(hash.Sum(nil))
	if t.last == nil {
		return sum, nil
	}
	last, _, err := db.One(ctx, tx, t.last, db.Value[int64])
	if err != nil {
		return sum, err
	}
	return sum, tx.SetSerial(ctx, t.Name, t.serial(), last)
}

// check compares what was written with what the manifest says was read.
func (m manifest) check(ctx context.Context, tx *db.Tx, found []tableSum) error {
	for i, t := range kept {
		if i >= len(m.Tables) || i >= len(found) || found[i] != m.Tables[i] {
			return fault.New(fault.Invalid, "cmd.backup_differs", "table", t.Name)
		}
		if n, _, err := db.One(ctx, tx, t.count, db.Value[int64]); err != nil {
			return err
		} else if n != m.Tables[i].Rows {
			return fault.New(fault.Invalid, "cmd.backup_differs", "table", t.Name)
		}
	}
	totals, err := controlTotals(ctx, tx)
	if err == nil && !slices.Equal(totals, m.Totals) {
		err = fault.New(fault.Invalid, "cmd.totals_differ")
	}
	return err
}
