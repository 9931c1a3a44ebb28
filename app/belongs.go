package app

import (
	"context"
	"encoding/json"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
)

var selectReplicaOf = db.SQL("app.select_replica_of", `SELECT capabilities FROM connection WHERE conn = $1`)

// belongs refuses a database that is the replica of another kind of ERP: two
// merchants' books would become one, and orders would go to the wrong one. A
// database that has not met an ERP yet belongs to nobody.
func belongs(ctx context.Context, d *db.DB, c ERPConfig) error {
	var kept string
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		kept, _, err = db.One(ctx, tx, selectReplicaOf, db.Value[string], connection)
		return err
	}); err != nil || kept == "" {
		return err
	}
	var caps erp.Capabilities
	if err := json.Unmarshal([]byte(kept), &caps); err != nil {
		return err
	}
	if caps.System == "" && strings.HasPrefix(caps.Product, "Tryton ") {
		caps.System = "tryton" // written by 0.1.0, which kept no system
	}
	if caps.System != "" && caps.System != c.Kind {
		return fault.New(fault.Conflict, "config.other_erp", "here", caps.Product, "asked", c.Kind)
	}
	return nil
}
