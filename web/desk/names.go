package desk

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// names finds what people call companies and people, each once.
type names struct {
	companies, people map[string]string
}

// company is a customer's name, "" for none.
func (n *names) company(ctx context.Context, tx *db.Tx, id string) (string, error) {
	return n.name(&n.companies, id, func() (string, error) {
		c, err := customer.Find(ctx, tx, id)
		return c.Name, err
	})
}

// person is a person's name, "" for none.
func (n *names) person(ctx context.Context, tx *db.Tx, id string) (string, error) {
	return n.name(&n.people, id, func() (string, error) { return access.NameOf(ctx, tx, id) })
}

func (n *names) name(known *map[string]string, id string, find func() (string, error)) (string, error) {
	if name, is := (*known)[id]; is || id == "" {
		return name, nil
	}
	name, err := find()
	if *known == nil {
		*known = map[string]string{}
	}
	(*known)[id] = name
	return name, err
}
