package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"comptoir.example/comptoir/base/db"
)

// rows reads a whole table, row by row, and keeps none. Values come as nil,
// string, int64 or bool, in the order of the columns, the same from both engines.
func (t *table) rows(ctx context.Context, tx *db.Tx, each func(values []any) error) error {
	values, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	_, err := db.All(ctx, tx, t.selectAll, func(r db.Row) (none struct{}, err error) {
		for i := range values {
			into[i] = &values[i]
		}
		if err := r.Scan(into...); err != nil {
			return none, err
		}
		for i, c := range t.Columns {
			switch v := values[i].(type) {
			case []byte:
				values[i] = string(v)
				if c.Type == "blob" {
					values[i] = hex.EncodeToString(v) // JSON holds no bytes
				}
			case int64:
				if c.Type == "bool" {
					values[i] = v != 0
				}
			}
		}
		return none, each(values)
	})
	return err
}

// object writes a row as one line of JSON, its columns in their order.
func (t *table) object(b *bytes.Buffer, values []any) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:", c.Name)
		if err := encoder.Encode(values[i]); err != nil {
			return err
		}
		b.Truncate(b.Len() - 1) // the encoder ends a line
	}
	b.WriteString("}\n")
	return nil
}
