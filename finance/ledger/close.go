package ledger

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
)

// PeriodClosed is emitted when a period is closed.
type PeriodClosed struct {
	Day string `json:"day"` // the last one in it
}

// Kind and Subject name the fact.
func (PeriodClosed) Kind() string      { return "ledger.closed" }
func (f PeriodClosed) Subject() string { return f.Day }

var (
	insertPeriod = db.SQL("ledger.insert_period", `INSERT INTO ledger_period (day, at) VALUES ($1, $2)`)
	selectClosed = db.SQL("ledger.select_closed", `SELECT day FROM ledger_period ORDER BY day DESC LIMIT 1`)
)

// Close closes every day up to one: nothing is booked on them any more. False when
// they are closed already. Nothing opens them again. Invalid for what is no day.
func Close(ctx context.Context, tx *db.Tx, by outbox.By, day string) (closed bool, err error) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return false, unsound(day, "day")
	}
	last, _, err := Closed(ctx, tx)
	if err != nil || day <= last {
		return false, err
	}
	if err := tx.Later(ctx, insertPeriod, day, tx.Now); err != nil {
		return false, err
	}
	return true, outbox.Emit(ctx, tx, by, PeriodClosed{day})
}

// Closed is the last day on which nothing is booked any more; false when every day
// is open.
func Closed(ctx context.Context, tx *db.Tx) (day string, any bool, err error) {
	return db.One(ctx, tx, selectClosed, db.Value[string])
}
