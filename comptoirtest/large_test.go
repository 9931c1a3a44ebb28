package comptoirtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/comptoirtest"
)

// program is a customer's program that speaks to the API.
type program struct {
	t           *testing.T
	shop, token string
}

func signedIn(t *testing.T, shop, email string) program {
	t.Helper()
	p := program{t: t, shop: shop}
	var out struct{ Token string }
	if status := p.call("POST", "/v1/tokens", "", map[string]string{"email": email, "password": app.DemoPassword}, &out); status != http.StatusCreated && status != http.StatusOK {
		t.Fatalf("no token for %s: %d", email, status)
	}
	p.token = out.Token
	return p
}

func (p program) call(method, path, key string, in, out any) int {
	p.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(method, p.shop+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		p.t.Fatalf("%s %s: %d: %v", method, path, res.StatusCode, err)
	}
	return res.StatusCode
}

// cheap keeps a large order under the credit limit.
var cheap = []string{"PRD-003", "PRD-004", "PRD-005", "PRD-006", "PRD-007", "PRD-009", "PRD-010"}

// order places one of so many lines, and says how long it took.
func (p program) order(po string, lines int) time.Duration {
	p.t.Helper()
	type named struct{ ID string }
	var to, by struct{ Data []named }
	p.call("GET", "/v1/addresses", "", nil, &to)
	p.call("GET", "/v1/delivery_methods", "", nil, &by)
	if len(to.Data) == 0 || len(by.Data) == 0 {
		p.t.Fatal("no address or delivery method")
	}
	type line struct {
		SKU      string `json:"sku"`
		Quantity string `json:"quantity"`
	}
	body := map[string]any{"ship_to": to.Data[0].ID, "delivery_method": by.Data[0].ID, "po_number": po}
	all := make([]line, lines)
	for i := range all {
		all[i] = line{cheap[i%len(cheap)], fmt.Sprint(i%12 + 1)}
	}
	body["lines"] = all
	var out map[string]any
	start := time.Now()
	if status := p.call("POST", "/v1/orders", po, body, &out); status != http.StatusCreated {
		p.t.Fatalf("order of %d lines: %d %v", lines, status, out)
	}
	return time.Since(start)
}

// Step 7 of the story: an order of 500 lines is placed in a second, in Tryton in
// thirty, and another customer's order placed just after is there in ten.
func TestAnOrderOfFiveHundredLinesKeepsNobodyWaiting(t *testing.T) {
	connector, _ := startTryton(t)
	_, shop := open(t, "sqlite", connector)
	rivard, greatLakes := signedIn(t, shop, "admin@rivard.example"), signedIn(t, shop, "admin@greatlakes.example")
	start := time.Now()
	if took := rivard.order("BC-500", 500); took > time.Second {
		t.Errorf("placed in %v, want 1 s at most", took)
	} else {
		t.Log("placed in", took)
	}
	small := time.Now()
	greatLakes.order("PO-1", 1)
	arrived := map[string]time.Duration{}
	comptoirtest.Eventually(t, 60*time.Second, "both orders are in effect in Tryton", func() bool {
		if _, done := arrived["BC-500"]; !done && rivard.inEffect("BC-500") {
			arrived["BC-500"] = time.Since(start)
		}
		if _, done := arrived["PO-1"]; !done && greatLakes.inEffect("PO-1") {
			arrived["PO-1"] = time.Since(small)
		}
		return len(arrived) == 2
	})
	t.Log("in Tryton:", arrived)
	if arrived["BC-500"] > 30*time.Second || arrived["PO-1"] > 10*time.Second {
		t.Errorf("in Tryton after %v; want 30 s and 10 s at most", arrived)
	}
}

// inEffect says whether the ERP has taken the order with a PO number. The shop
// is asked, which asks nobody: looking into Tryton all the time would slow it.
func (p program) inEffect(po string) bool {
	p.t.Helper()
	var out struct{ Data []struct{ State string } }
	p.call("GET", "/v1/orders?number="+po, "", nil, &out)
	return len(out.Data) == 1 && out.Data[0].State == "accepted"
}
