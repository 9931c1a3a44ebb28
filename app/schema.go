package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
)

// table is a table as the migrations declare it. Backup, export and doctor work
// from this list, so a new table is in all three without anybody's thinking of it.
type table struct {
	Name    string   `json:"name"`
	Owner   string   `json:"owner"` // the package that writes it
	Key     []string `json:"key"`
	Columns []column `json:"columns"`

	selectAll, insert, count *db.Stmt
	last                     *db.Stmt // the greatest number of a serial key; nil without one
}

// column is a column of a table. The words beside it in the migration say what it is.
type column struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // text, bigint, bool, blob, serial
	Null    bool   `json:"null"`
	Meaning string `json:"meaning,omitempty"`
}

// leftOut are tables that a backup does not hold, and why.
var leftOut = map[string]string{
	"session":        "whoever was signed in signs in again",
	"signin_failure": "counts that are forgotten within minutes",
}

// schema is every table, in the order of the migrations.
var schema = readSchema(migrations.Files)

// kept are the tables of a backup.
var kept = slices.DeleteFunc(slices.Clone(schema), func(t *table) bool { return leftOut[t.Name] != "" })

var (
	ownerLine  = regexp.MustCompile(`^-- ([a-z]+(?:/[a-z]+)?)$`)
	dropLine   = regexp.MustCompile(`^DROP TABLE (\w+);`)
	createLine = regexp.MustCompile(`^CREATE TABLE (\w+) \($`)
	addLine    = regexp.MustCompile(`^ALTER TABLE (\w+) ADD COLUMN (.*)$`)
	keyLine    = regexp.MustCompile(`^PRIMARY KEY \(([^)]*)\)`)
	columnLine = regexp.MustCompile(`^([a-z][a-z0-9_]*)\s+(TEXT|\{\{\w+\}\})([^-]*)(?:-- (.*))?$`)
)

// readSchema reads the tables out of the migrations' text: one line a column.
// What it does not understand it leaves out, and a test compares it with what
// the engines really have.
func readSchema(files fs.FS) (tables []*table) {
	names, _ := fs.Glob(files, "*.sql") // fails for a bad pattern only
	byName := map[string]*table{}
	for _, name := range names {
		text, _ := fs.ReadFile(files, name)
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		owner, current := "", (*table)(nil)
		for line := range strings.Lines(up) {
			line = strings.TrimSpace(line)
			if m := ownerLine.FindStringSubmatch(line); m != nil {
				owner = m[1]
			} else if m := dropLine.FindStringSubmatch(line); m != nil {
				tables = slices.DeleteFunc(tables, func(t *table) bool { return t.Name == m[1] })
			} else if m := createLine.FindStringSubmatch(line); m != nil {
				current = &table{Name: m[1], Owner: owner}
				byName[m[1]] = current
				tables = append(tables, current)
			} else if m := addLine.FindStringSubmatch(line); m != nil && byName[m[1]] != nil {
				byName[m[1]].read(m[2])
			} else if strings.HasPrefix(line, ")") {
				current = nil
			} else if current != nil {
				current.read(line)
			}
		}
	}
	for _, t := range tables {
		t.name()
	}
	return tables
}

// read understands one line inside of a table.
func (t *table) read(line string) {
	if m := keyLine.FindStringSubmatch(line); m != nil {
		t.Key = strings.Split(m[1], ", ")
		return
	}
	m := columnLine.FindStringSubmatch(line)
	if m == nil {
		return
	}
	c := column{Name: m[1], Type: strings.ToLower(strings.Trim(m[2], "{}")), Meaning: m[4]}
	primary := c.Type == "serial" || strings.Contains(m[3], "PRIMARY KEY")
	c.Null = !primary && !strings.Contains(m[3], "NOT NULL")
	if primary {
		t.Key = []string{c.Name}
	}
	t.Columns = append(t.Columns, c)
}

// casts turn a value of a JSON row into what a column holds, on both engines.
var casts = map[string]string{"text": "CAST(value->>'%s' AS TEXT)", "bigint": "CAST(value->>'%s' AS BIGINT)", "serial": "CAST(value->>'%s' AS BIGINT)",
	"bool": "CAST(value->>'%s' AS BOOLEAN)", "blob": "unhex(value->>'%s')"}

// name makes the table's statements, which one test prepares on both engines.
func (t *table) name() {
	var columns, values []string
	for _, c := range t.Columns {
		columns = append(columns, c.Name)
		values = append(values, fmt.Sprintf(casts[c.Type], c.Name))
	}
	list := strings.Join(columns, ", ")
	t.selectAll = db.SQL("app.select_"+t.Name, `SELECT `+list+` FROM `+t.Name+` ORDER BY `+strings.Join(t.Key, ", "))
	t.insert = db.SQL("app.insert_"+t.Name, `
INSERT INTO `+t.Name+` (`+list+`) SELECT `+strings.Join(values, ", ")+` FROM json_rows(CAST($1 AS TEXT))`)
	if t.serial() != "" {
		t.last = db.SQL("app.last_"+t.Name, `SELECT COALESCE(MAX(`+t.serial()+`), 0) FROM `+t.Name)
	}
	t.count = db.SQL("app.count_"+t.Name, `SELECT COUNT(*) FROM `+t.Name)
}

// serial is the column that numbers the rows; "" when none does.
func (t *table) serial() string {
	for _, c := range t.Columns {
		if c.Type == "serial" {
			return c.Name
		}
	}
	return ""
}

// mark tells two schemas apart: the same names of tables and columns, the same mark.
func mark(columns []db.Column) string {
	h := sha256.New()
	for _, c := range columns {
		fmt.Fprintf(h, "%s.%s\n", c.Table, c.Name)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// declared are the columns that the migrations declare, in the order in which
// db.Columns lists those that are there.
func declared() (all []db.Column) {
	tables := slices.SortedFunc(slices.Values(schema), func(a, b *table) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range tables {
		for _, c := range t.Columns {
			all = append(all, db.Column{Table: t.Name, Name: c.Name, Type: c.Type})
		}
	}
	return all
}
