package app

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
)

// manifest is the last entry of a backup: a file without it was cut.
type manifest struct {
	Format  int            `json:"format"`
	Program string         `json:"program"`
	Engine  string         `json:"engine"` // where it came from; it can go to either
	Written time.Time      `json:"written"`
	Schema  string         `json:"schema"`
	Tables  []tableSum     `json:"tables"`
	Totals  []controlTotal `json:"totals"`
}

type tableSum struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

const (
	backupFormat = 1
	manifestName = "manifest.json"
)

// Say prints a sentence of the catalogue for the person at the terminal.
type Say func(key string, params ...any)

// Backup writes all data, as it is at one instant, to a file that must not be
// there yet: a gzip'd tar with one NDJSON file a table and a manifest. A shop may
// be serving meanwhile. Until it is whole the file has another name.
func Backup(ctx context.Context, url, file string, say Say) error {
	d, err := db.Open(ctx, db.Options{URL: url, ReadOnly: true})
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := os.Stat(file); err == nil {
		return fault.New(fault.Conflict, "cmd.file_exists", "path", file)
	}
	scratch, err := nameless(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer scratch.Close()
	part := file + ".part"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return cannotWrite(file, err)
	}
	defer os.Remove(part) // it has gone when all went well
	defer out.Close()
	var m manifest
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		m, err = writeBackup(ctx, tx, d.Engine(), out, scratch)
		return err
	}); err != nil {
		return err
	}
	if err := oneByOne(out.Sync, out.Close, func() error { return os.Rename(part, file) },
		func() error { return syncFolder(filepath.Dir(file)) }); err != nil {
		return cannotWrite(file, err)
	}
	say("cmd.backed_up", "path", file)
	m.say(say)
	return nil
}

// label stands at the head of the file, so that another version's is refused
// before a row is read.
func (m manifest) label() string {
	return fmt.Sprintf("comptoir backup %d, schema %s", m.Format, m.Schema)
}

func (m manifest) say(say Say) {
	var rows int64
	for _, t := range m.Tables {
		rows += t.Rows
	}
	say("cmd.rows", "n", rows, "tables", len(m.Tables))
	for _, t := range m.Totals {
		say("cmd.total_"+t.What, "n", t.Count, "amount", t.Amount)
	}
}

func writeBackup(ctx context.Context, tx *db.Tx, engine string, out io.Writer, scratch *os.File) (m manifest, err error) {
	if err := mustMatch(ctx, tx); err != nil {
		return m, err
	}
	m = manifest{Format: backupFormat, Program: Version, Engine: engine, Written: tx.Now, Schema: mark(declared())}
	if m.Totals, err = controlTotals(ctx, tx); err != nil {
		return m, err
	}
	zip := gzip.NewWriter(out)
	zip.Comment = m.label()
	archive := tar.NewWriter(zip)
	for _, t := range kept {
		sum, err := t.archive(ctx, tx, archive, scratch)
		if err != nil {
			return m, err
		}
		m.Tables = append(m.Tables, sum)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if err := entry(archive, manifestName, int64(len(text)), bytes.NewReader(text), tx.Now); err != nil {
		return m, err
	}
	if err := oneByOne(archive.Close, zip.Close); err != nil {
		return m, cannotWrite(scratch.Name(), err)
	}
	return m, nil
}

// mustMatch refuses a database whose tables are not those of this version.
func mustMatch(ctx context.Context, tx *db.Tx) error {
	live, err := db.Columns(ctx, tx)
	if err == nil && mark(live) != mark(declared()) {
		err = fault.New(fault.Conflict, "cmd.other_schema")
	}
	return err
}

// nameless makes a file that has no name: whatever happens, nothing of it stays.
func nameless(folder string) (*os.File, error) {
	file, err := os.CreateTemp(folder, ".comptoir-*")
	if err != nil {
		return nil, cannotWrite(folder, err)
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, cannotWrite(folder, err)
	}
	return file, nil
}

// archive adds one table. A tar must know sizes beforehand, so the rows go
// through a file; one serves all tables, one after the other.
func (t *table) archive(ctx context.Context, tx *db.Tx, archive *tar.Writer, scratch *os.File) (sum tableSum, err error) {
	sum.Name = t.Name
	rewind := func() error {
		_, err := scratch.Seek(0, io.SeekStart)
		return err
	}
	if err := oneByOne(rewind, func() error { return scratch.Truncate(0) }); err != nil {
		return sum, cannotWrite(scratch.Name(), err)
	}
	hash := sha256.New()
	both, size := io.MultiWriter(scratch, hash), int64(0)
	var b bytes.Buffer
	flush := func() error {
		n, err := both.Write(b.Bytes())
		size += int64(n)
		b.Reset()
		return err
	}
	if err := t.rows(ctx, tx, func(values []any) error {
		sum.Rows++
		if err := t.object(&b, values); err != nil {
			return err
		}
		if b.Len() < 1<<16 {
			return nil
		}
		return oneByOne(flush, ctx.Err)
	}); err != nil {
		return sum, err
	}
	if err := oneByOne(flush, rewind); err != nil {
		return sum, cannotWrite(scratch.Name(), err)
	}
	sum.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return sum, entry(archive, t.Name+".ndjson", size, scratch, tx.Now)
}

func entry(archive *tar.Writer, name string, size int64, content io.Reader, at time.Time) error {
	err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: at.Truncate(time.Second)})
	if err == nil {
		_, err = io.Copy(archive, content)
	}
	if err != nil {
		return cannotWrite(name, err)
	}
	return nil
}

// oneByOne takes steps until one fails.
func oneByOne(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func cannotWrite(path string, err error) error {
	return fault.New(fault.Unavailable, "cmd.cannot_write", "path", path, "why", err.Error()).Because(err)
}

// syncFolder makes a new name in a folder outlive a power cut.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
