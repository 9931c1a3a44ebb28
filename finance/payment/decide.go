package payment

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// Way out of an attempt of which the processor told something else than was asked.
const (
	AcceptMoney  = "accept"  // the money came: it is the customer's, applied to nothing
	ReleaseHolds = "release" // the processor says that nothing was taken
)

// quarantined is the attempt that a task of kind integrity is about, as long as it
// holds its documents.
func quarantined(ctx context.Context, tx *db.Tx, t Task) (a Attempt, held bool, err error) {
	if t.Kind != "integrity" {
		return a, false, nil
	}
	all, err := db.All(ctx, tx, selectAttempts, scanAttempt, t.Subject)
	for _, a := range all {
		if a.Step == Quarantined {
			return a, true, err
		}
	}
	return a, false, err
}

// ToDecide is the attempt that a person decides about with Decide; false when the
// task is to be settled with FinishTask.
func ToDecide(ctx context.Context, tx *db.Tx, who access.Actor, task string) (a Attempt, customer string, held bool, err error) {
	t, err := FindTask(ctx, tx, who, task)
	if err != nil {
		return a, "", false, err
	}
	a, held, err = quarantined(ctx, tx, t)
	return a, t.Customer, held && t.Done.IsZero(), err
}

// Decide ends an attempt of which the processor told something else than was asked.
// told is what the processor knows of it now, nil when it knows nothing. Accepted,
// when its money has come by now: that was booked as the customer's. Released, when
// the processor says that nothing was taken: its documents can be paid again, and
// money that comes all the same is the customer's, and told. Conflict otherwise.
// Call it within db.WriteAlone(Key(company)).
func Decide(ctx context.Context, tx *db.Tx, who access.Actor, task, way, note string, told *gateway.Snapshot) error {
	t, err := open(ctx, tx, who, task)
	if err != nil {
		return err
	}
	a, held, err := quarantined(ctx, tx, t)
	switch {
	case err != nil:
		return err
	case way == AcceptMoney && held:
		return fault.New(fault.Conflict, "task.nothing_came")
	case way == AcceptMoney:
		return t.end(ctx, tx, who, way, note)
	case way != ReleaseHolds:
		return fault.New(fault.Invalid, "task.no_such_way")
	case !held:
		return fault.New(fault.Conflict, "task.money_came")
	case !nothingTaken(told):
		return fault.New(fault.Conflict, "task.not_over")
	}
	if err := t.end(ctx, tx, who, way, note); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, setStep, a.ID, string(Expired), false, nil, nil, tx.Now); err != nil {
		return err
	}
	if err := tx.Later(ctx, dropHolds, a.ID); err != nil {
		return err
	}
	tx.Signal("payment")
	return outbox.Emit(ctx, tx, who.By(), Changed{a.Payment, a.ID, Expired, ""})
}

// nothingTaken says that what the processor knows excludes that money was, or will
// be, taken.
func nothingTaken(s *gateway.Snapshot) bool {
	if s == nil {
		return true
	}
	for _, m := range s.Movements {
		if m.Kind == gateway.Capture {
			return false
		}
	}
	return s.State == gateway.Declined || s.State == gateway.Failed || s.State == gateway.Expired
}
