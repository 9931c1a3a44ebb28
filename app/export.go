package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
)

// secret are columns that an export leaves out: it is made to be handed on.
var secret = []string{"person.password", "method.token"}

// nested are text columns that hold JSON; in the export's NDJSON they are values,
// not text in text.
var nested = []string{"receipt.lines", "price.breaks", "tax_case.taxes", "sales_order.totals", "sales_order.erp_totals", "shipment.lines",
	"invoice.due_parts", "invoice.totals", "invoice.lines", "cart.lines", "connection.capabilities", "fact.body"}

// instants are bigint columns that hold a moment; the export writes RFC 3339.
var instants = []string{"at", "created", "revoked", "due", "sent", "done", "leased", "since", "retry", "seen", "expires", "placed", "swept",
	"bucket", "probed", "led_until", "last", "changed", "posted", "ended", "told", "looked", "recorded", "received", "pulled", "failed", "listed"}

// Export writes every document, mapping and fact to a new folder: one NDJSON and
// one CSV file a table, and schema.json, which says what each column is. A shop
// may be serving meanwhile. Until it is whole the folder has another name.
func Export(ctx context.Context, url, folder string, say Say) error {
	d, err := db.Open(ctx, db.Options{URL: url, ReadOnly: true})
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := os.Stat(folder); err == nil {
		return fault.New(fault.Conflict, "cmd.file_exists", "path", folder)
	}
	part := filepath.Clean(folder) + ".part"
	if err := oneByOne(func() error { return os.RemoveAll(part) }, func() error { return os.MkdirAll(part, 0o700) }); err != nil {
		return cannotWrite(folder, err)
	}
	defer os.RemoveAll(part)
	out := exportSchema{Program: Version}
	if err := d.Read(ctx, func(tx *db.Tx) error {
		if err := mustMatch(ctx, tx); err != nil {
			return err
		}
		out.Written, out.Tables = tx.Now, nil
		for _, t := range kept {
			done, err := t.export(ctx, tx, part)
			if err != nil {
				return err
			}
			out.Tables = append(out.Tables, done)
		}
		out.Totals, err = controlTotals(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	if err := oneByOne(func() error { return os.WriteFile(filepath.Join(part, "schema.json"), text, 0o600) },
		func() error { return os.Rename(part, folder) }); err != nil {
		return cannotWrite(folder, err)
	}
	say("cmd.exported", "path", folder, "n", len(out.Tables))
	return nil
}

// exportSchema is schema.json.
type exportSchema struct {
	Program string          `json:"program"`
	Written time.Time       `json:"written"`
	Tables  []exportedTable `json:"tables"`
	Totals  []controlTotal  `json:"totals"`
}

type exportedTable struct {
	Name    string           `json:"name"`
	Owner   string           `json:"owner"`
	Key     []string         `json:"key"`
	Rows    int64            `json:"rows"`
	Columns []exportedColumn `json:"columns"`
	at      []int            // where its columns stand in the table
}

type exportedColumn struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // text, json, hex, instant, integer, boolean
	Null    bool   `json:"null"`
	Meaning string `json:"meaning,omitempty"`
}

// exportType is a column's type in the export; "" when it is left out.
func (t *table) exportType(c column) string {
	name := t.Name + "." + c.Name
	switch {
	case slices.Contains(secret, name):
		return ""
	case slices.Contains(nested, name):
		return "json"
	case c.Type == "bool":
		return "boolean"
	case c.Type == "bigint" && slices.Contains(instants, c.Name):
		return "instant"
	case c.Type == "blob":
		return "hex"
	case c.Type == "text":
		return "text"
	}
	return "integer"
}

func (t *table) export(ctx context.Context, tx *db.Tx, folder string) (e exportedTable, err error) {
	e = exportedTable{Name: t.Name, Owner: t.Owner, Key: t.Key}
	header := []string{}
	shown := table{Name: t.Name}
	for i, c := range t.Columns {
		if kind := t.exportType(c); kind != "" {
			e.Columns = append(e.Columns, exportedColumn{c.Name, kind, c.Null, c.Meaning})
			e.at = append(e.at, i)
			shown.Columns = append(shown.Columns, c)
			header = append(header, c.Name)
		}
	}
	lines, err := os.OpenFile(filepath.Join(folder, t.Name+".ndjson"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return e, cannotWrite(folder, err)
	}
	defer lines.Close()
	sheet, err := os.OpenFile(filepath.Join(folder, t.Name+".csv"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return e, cannotWrite(folder, err)
	}
	defer sheet.Close()
	cells := csv.NewWriter(sheet)
	cells.Write(header)
	var b bytes.Buffer
	if err := t.rows(ctx, tx, func(values []any) error {
		e.Rows++
		row, flat := e.dress(values)
		if err := errors.Join(shown.object(&b, row), cells.Write(flat), ctx.Err()); err != nil {
			return err
		}
		_, err := b.WriteTo(lines)
		return err
	}); err != nil {
		return e, err
	}
	cells.Flush()
	if err := errors.Join(cells.Error(), lines.Sync(), sheet.Sync()); err != nil {
		return e, cannotWrite(folder, err)
	}
	return e, nil
}

// dress makes of a stored row what a person or another program reads: as JSON
// values and as the cells of a sheet.
func (e exportedTable) dress(values []any) (row []any, flat []string) {
	for i, c := range e.Columns {
		value := values[e.at[i]]
		cell := ""
		switch v := value.(type) {
		case int64:
			cell = fmt.Sprint(v)
			if c.Type == "instant" {
				cell = time.UnixMicro(v).UTC().Format(time.RFC3339Nano)
				value = cell
			}
		case string:
			cell = v
			if c.Type == "json" && json.Valid([]byte(v)) {
				value = json.RawMessage(v)
			}
		case bool:
			cell = fmt.Sprint(v)
		}
		row, flat = append(row, value), append(flat, cell)
	}
	return row, flat
}
