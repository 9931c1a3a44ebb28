package desk

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// TasksPage lists what finance has to look at.
type TasksPage struct {
	Tasks  []TaskRow
	Kinds  []TaskKind // of what is open
	Filter payment.TaskFilter
	Me     string // person.id
	Open   int
	Oldest time.Duration // of what is open
}

// TaskKind is how many tasks of a kind are open.
type TaskKind struct {
	Kind string
	N    int
}

// TaskRow is a task with the names of whom it concerns.
type TaskRow struct {
	payment.Task
	Company string
	Keeper  string        // who takes care of it, or has settled it
	Age     time.Duration // since it was raised
}

// TaskPage is one task: what happened, to whom, how much, what to do.
type TaskPage struct {
	TaskRow
	Held     bool   // an attempt still holds its documents: Decide
	Document string // number, "" when it is about none
	Payment  *payment.Payment
	Journal  []ui.Entry
	Staff    []access.Named
	Me       string
	MaySet   bool
	Way      string // chosen, when the form comes back
	Typed    string // into the note
	Fault    *fault.Fault
}

// maxTasks is how many are listed.
const maxTasks = 200

// kindKey is the key of a kind of task; one that nobody found words for says so.
func kindKey(p *i18n.Printer, kind string) string {
	if key := "desk.task." + kind; p.Has(key) {
		return key
	}
	return "desk.task.other"
}

// state is a task in the vocabulary of stamps.
func (t TaskRow) state() string {
	switch {
	case !t.Done.IsZero():
		return "done"
	case t.Owner != "":
		return "owned"
	}
	return "open"
}

func (page TasksPage) summary(p *i18n.Printer) string {
	if page.Open == 0 {
		return p.T("desk.tasks.none_open")
	}
	return p.T("desk.tasks.open", "n", page.Open, "age", page.Oldest)
}

// href is the list with one thing of its filter changed.
func (page TasksPage) href(name, value string) string {
	values := url.Values{}
	for key, v := range map[string]string{"kind": page.Filter.Kind, "owner": page.Filter.Owner, "done": map[bool]string{true: "1"}[page.Filter.Done], name: value} {
		if v != "" {
			values.Set(key, v)
		}
	}
	if len(values) == 0 {
		return "/desk/tasks"
	}
	return "/desk/tasks?" + values.Encode()
}

// todo says what to do about a task.
func (page TaskPage) todo(p *i18n.Printer) string {
	if page.Held {
		return p.T("desk.task.held")
	}
	return p.T(kindKey(p, page.Kind) + ".todo")
}

func (page TaskPage) fact(p *i18n.Printer) string {
	return p.T(kindKey(p, page.Kind)+".fact", "amount", page.Amount, "company", cmp.Or(page.Company, p.T("desk.task.nobody")))
}

func (page TaskPage) bad(name string) *fault.Field {
	if page.Fault == nil {
		return nil
	}
	return ui.BadField(page.Fault.Fields, name)
}

func (page TaskPage) ways(p *i18n.Printer) []ui.Option {
	return []ui.Option{
		{Value: payment.AcceptMoney, Title: p.T("desk.task.accept"), Detail: p.T("desk.task.accept.fact"), Checked: page.Way == payment.AcceptMoney},
		{Value: payment.ReleaseHolds, Title: p.T("desk.task.release"), Detail: p.T("desk.task.release.fact"), Checked: page.Way == payment.ReleaseHolds}}
}

// attempt is the last one, as the processor calls it.
func (page TaskPage) attempt() payment.Attempt {
	if page.Payment == nil || len(page.Payment.Attempts) == 0 {
		return payment.Attempt{}
	}
	return page.Payment.Attempts[0]
}

// GET /desk/tasks?kind=&owner=&done=
func showTasks(w http.ResponseWriter, r *web.Request) error {
	var o office
	values := r.URL.Query()
	page := TasksPage{Me: r.Actor.Person, Filter: payment.TaskFilter{Kind: values.Get("kind"), Owner: values.Get("owner"), Done: values.Get("done") != ""}}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.tasks"), "tasks"); err != nil {
			return err
		}
		oldest := r.Now
		for _, c := range o.tasks {
			page.Open += c.N
			if c.Oldest.Before(oldest) {
				oldest = c.Oldest
			}
			if n := len(page.Kinds); n > 0 && page.Kinds[n-1].Kind == c.Kind {
				page.Kinds[n-1].N += c.N
			} else {
				page.Kinds = append(page.Kinds, TaskKind{c.Kind, c.N})
			}
		}
		page.Oldest = r.Now.Sub(oldest)
		tasks, err := payment.Tasks(ctx, tx, r.Actor, page.Filter, maxTasks)
		if err != nil {
			return err
		}
		page.Tasks, err = taskRows(ctx, tx, r, tasks)
		return err
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Tasks(r.P, o.shell, page))
}

func taskRows(ctx context.Context, tx *db.Tx, r *web.Request, tasks []payment.Task) (rows []TaskRow, err error) {
	var n names
	for _, t := range tasks {
		row := TaskRow{Task: t, Age: r.Now.Sub(t.Created)}
		if row.Company, err = n.company(ctx, tx, t.Customer); err != nil {
			return nil, err
		}
		if row.Keeper, err = n.person(ctx, tx, cmp.Or(t.Person, t.Owner)); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// GET /desk/tasks/{id}
func showTask(w http.ResponseWriter, r *web.Request) error {
	return taskPage(w, r, http.StatusOK, nil)
}

// taskPage shows a task, with what was typed and what is wrong with it.
func taskPage(w http.ResponseWriter, r *web.Request, status int, bad *fault.Fault) error {
	var o office
	page := TaskPage{Me: r.Actor.Person, MaySet: r.Actor.Can(access.SettleFinance), Fault: bad, Typed: r.PostFormValue("note"), Way: r.PostFormValue("way")}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, "", "tasks"); err != nil {
			return err
		}
		t, err := payment.FindTask(ctx, tx, r.Actor, r.PathValue("id"))
		if err != nil {
			return err
		}
		rows, err := taskRows(ctx, tx, r, []payment.Task{t})
		if err != nil {
			return err
		}
		page.TaskRow = rows[0]
		return page.read(ctx, tx, r)
	})
	if err != nil {
		return err
	}
	o.shell.Title = r.P.T(kindKey(r.P, page.Kind))
	return r.Show(w, status, Task(r.P, o.shell, page))
}

// read finds what a task is about.
func (page *TaskPage) read(ctx context.Context, tx *db.Tx, r *web.Request) (err error) {
	if _, _, page.Held, err = payment.ToDecide(ctx, tx, r.Actor, page.ID); err != nil {
		return err
	}
	if page.Staff, err = access.Staff(ctx, tx, access.SettleFinance); err != nil {
		return err
	}
	numbers, err := invoice.Numbers(ctx, tx, []string{page.Subject})
	if err != nil {
		return err
	}
	page.Document = numbers[page.Subject]
	gateway := ""
	if r.Site.Gateway != nil {
		gateway = r.Site.Gateway.Name()
	}
	id, err := payment.OfTask(ctx, tx, gateway, page.Task)
	if err != nil || id == "" {
		return err
	}
	p, found, err := payment.Load(ctx, tx, id)
	if err != nil || !found {
		return err
	}
	page.Payment = &p
	moved, err := payment.Movements(ctx, tx, p.ID)
	page.Journal = paymentJournal(p, moved)
	return err
}

// paymentJournal is what happened to the money of a payment, the newest on top.
func paymentJournal(p payment.Payment, moved []payment.Movement) []ui.Entry {
	list := []ui.Entry{{Kind: "pay_asked", Params: []any{"amount", p.Amount}, At: p.Created, Source: "ui.source.shop"}}
	for _, m := range moved {
		list = append(list, ui.Entry{Kind: "pay_" + m.Kind, Params: []any{"amount", m.Amount}, At: m.At, Source: "ui.source.processor"})
		if m.Kind == "capture" && !m.PaidOut.IsZero() {
			list = append(list, ui.Entry{Kind: "pay_payout", At: m.PaidOut, Source: "ui.source.processor"})
		}
	}
	for _, x := range p.Receipts {
		if !x.Posted.IsZero() {
			list = append(list, ui.Entry{Kind: "pay_booked", Params: []any{"number", x.Number}, At: x.Posted, Source: "ui.source.erp"})
		}
	}
	slices.SortStableFunc(list, func(a, b ui.Entry) int { return b.At.Compare(a.At) })
	return list
}

// POST /desk/tasks/{id}/owner
func ownTask(w http.ResponseWriter, r *web.Request) error {
	id := r.PathValue("id")
	if err := r.Write(func(ctx context.Context, tx *db.Tx) error {
		return payment.OwnTask(ctx, tx, r.Actor, id, r.PostFormValue("owner"))
	}); err != nil {
		return again(w, r, err, taskPage)
	}
	return web.SeeOther(w, r, "/desk/tasks/"+id)
}

// POST /desk/tasks/{id}/settlement
func settleTask(w http.ResponseWriter, r *web.Request) error {
	id, note := r.PathValue("id"), r.PostFormValue("note")
	var err error
	if way := r.PostFormValue("way"); way != "" && r.Site.Gateway != nil {
		err = r.Site.Gateway.Decide(r.Context(), r.Actor, id, way, note)
	} else {
		err = r.Write(func(ctx context.Context, tx *db.Tx) error { return payment.FinishTask(ctx, tx, r.Actor, id, note) })
	}
	if err != nil {
		return again(w, r, err, taskPage)
	}
	return web.SeeOther(w, r, "/desk/tasks")
}

// again shows a page with what was typed and why it was refused; what is no matter
// of the form is an error of its own.
func again(w http.ResponseWriter, r *web.Request, err error, show func(http.ResponseWriter, *web.Request, int, *fault.Fault) error) error {
	f := fault.Of(err)
	if len(f.Fields) > 0 || f.Kind == fault.Conflict || f.Kind == fault.Unavailable && strings.HasPrefix(f.Code, "task.") {
		return show(w, r, web.Status(f.Kind), &f)
	}
	return err
}
