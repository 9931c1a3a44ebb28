package books

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

func TestAnAnswerThatIsNoSuccessHasItsClass(t *testing.T) {
	for _, c := range []struct {
		status      int
		body        string
		read, write erp.Class
		code        string
	}{
		{401, `{"code":"unauthorized"}`, erp.Unauthorized, erp.Unauthorized, "unauthorized"},
		{403, ``, erp.Unauthorized, erp.Unauthorized, "http_403"},
		{404, `{"code":"unknown_order","detail":"non"}`, erp.Refused, erp.Refused, "unknown_order"},
		{408, ``, erp.Down, erp.Ambiguous, "http_408"},
		{409, `{"code":"credit_limit"}`, erp.NeedsDecision, erp.NeedsDecision, "credit_limit"},
		{422, `{"code":"bad_price"}`, erp.Refused, erp.Refused, "bad_price"},
		{429, ``, erp.Throttled, erp.Throttled, "http_429"},
		{500, `{"code":"fault.internal"}`, erp.Down, erp.Ambiguous, "fault.internal"},
		{502, `<html>`, erp.Down, erp.Ambiguous, "http_502"},
		{503, ``, erp.Down, erp.Ambiguous, "http_503"},
		{200, `<html>`, erp.Down, erp.Ambiguous, "bad_answer"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		erpc := Connect(server.URL, token)
		_, err := erpc.FindOrder(t.Context(), key)
		if e := erp.ErrorOf(err); err == nil || e.Class != c.read || e.Code != c.code {
			t.Errorf("%d on a read: %v", c.status, err)
		}
		_, err = erpc.CreateOrder(t.Context(), erp.NewOrder{})
		e := erp.ErrorOf(err)
		if err == nil || e.Class != c.write || e.Code != c.code {
			t.Errorf("%d on a write: %v", c.status, err)
		}
		if e.Class == erp.Throttled && e.After != 7*time.Second {
			t.Errorf("wait %v", e.After)
		}
		server.Close()
	}
}

func TestARecordThatCannotBeReadIsKeptAndTheOthersGoOn(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `[{"id":"1","changed":10,"body":{"number":"CMD-1","state":"en_orbite"}},
			{"id":"2","changed":11,"body":{"number":7}},{"id":"3","changed":12,"body":{"number":"CMD-3","state":"draft"}}]`)
	}))
	defer server.Close()
	page, err := Connect(server.URL, token).Changed(t.Context(), erp.KindOrder, "", 10)
	if err != nil || len(page.Records) != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	if o := page.Records[0].Body.(erp.Order); o.State != erp.OrderUnknown {
		t.Errorf("an unknown state is %s", o.State)
	}
	if bad := page.Records[1]; bad.Malformed == "" || bad.Body != nil || !strings.Contains(string(bad.Raw), "7") {
		t.Errorf("the malformed one: %+v", bad)
	}
	if page.Records[2].Malformed != "" {
		t.Errorf("the last one: %+v", page.Records[2])
	}
}

func TestWhatTheMerchantPaysNeverLeavesTheConnector(t *testing.T) {
	r := open(t, t.TempDir())
	for _, one := range first2(r.drain(erp.KindItem, "", 1000)) {
		if strings.Contains(string(one.Raw), `"cost"`) || !json.Valid(one.Raw) {
			t.Fatalf("%s: %s", one.No, one.Raw)
		}
	}
}

func TestAChangeCommittedLateIsStillRead(t *testing.T) {
	var late atomic.Int64
	r := open(t, t.TempDir(), func(o *Options) {
		o.Clock = func() time.Time { return time.Now().Add(-time.Duration(late.Load())) }
	})
	ctx := t.Context()
	_, at := r.drain(erp.KindStock, "", 1000)
	r.do("stock", r.clerk.SetStock(ctx, "PRD-012", money.Int(7)))
	got, at := r.drain(erp.KindStock, at, 1000)
	if len(got) != 1 {
		t.Fatalf("a change: %d", len(got))
	}
	late.Store(int64(3 * time.Second)) // its transaction began before the other's
	r.do("stock", r.clerk.SetStock(ctx, "PRD-013", money.Int(8)))
	if got, at = r.drain(erp.KindStock, at, 1000); len(got) != 1 {
		t.Errorf("a late change: %d", len(got))
	}
	if got, _ = r.drain(erp.KindStock, at, 1000); len(got) != 0 {
		t.Errorf("seen twice: %d", len(got))
	}
}

func TestWhatIsGoneIsReadAsDeleted(t *testing.T) {
	r := open(t, t.TempDir())
	id := r.id(erp.KindItem, "PRD-012")
	got, err := r.Read(t.Context(), erp.KindItem, []string{"999999", id, "x"})
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, one := range got {
		if one.Deleted != (one.ID != id) || one.Deleted != (one.Body == nil) {
			t.Errorf("%+v", one)
		}
	}
	gone := r.id(erp.KindItem, "PRD-013")
	r.do("archive", r.clerk.ArchiveItem(t.Context(), "PRD-013"))
	if got, err = r.Read(t.Context(), erp.KindItem, []string{gone}); err != nil || !got[0].Deleted {
		t.Errorf("archived: %+v, %v", got, err)
	}
	ids, err := r.IDs(t.Context(), erp.KindItem)
	if err != nil || len(ids) != len(seedItems)-1 || !slices.Contains(ids, id) {
		t.Errorf("%v, %v", ids, err)
	}
	r.do("back", r.clerk.BlockItem(t.Context(), "PRD-013", false))
	if r.id(erp.KindItem, "PRD-013") != gone {
		t.Error("it came back as another")
	}
}

func TestEveryScreenSpeaksBothLanguages(t *testing.T) {
	r := open(t, t.TempDir())
	links, seen := regexp.MustCompile(`(?:href|action)="(/[^"?]*)`), map[string]bool{}
	todo := []string{"/", "/orders?q=zzz", "/orders/999999", "/products/nothing"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		for _, lang := range i18n.Langs {
			q, _ := http.NewRequest(http.MethodGet, r.url+path, nil)
			q.AddCookie(&http.Cookie{Name: "books_lang", Value: string(lang)})
			answer, err := http.DefaultClient.Do(q)
			r.do(path, err)
			data, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			page := string(data)
			if answer.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				continue // the style sheet, and addresses of forms
			}
			if strings.Contains(page, "⟦") || !strings.Contains(page, `lang="`+string(lang)+`"`) || !strings.HasSuffix(page, "</html>\n") {
				t.Errorf("%s in %s: %s", path, lang, page)
			}
			for _, link := range links.FindAllStringSubmatch(page, -1) {
				todo = append(todo, link[1])
			}
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d pages", len(seen))
	}
}

func TestTheCataloguesSayTheSameInBothLanguages(t *testing.T) {
	folder, err := fs.Sub(files, "pages")
	if err != nil {
		t.Fatal(err)
	}
	words, err := i18n.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if fr, en := words.Keys(i18n.FR), words.Keys(i18n.EN); !slices.Equal(fr, en) {
		t.Errorf("keys differ: %v, %v", fr, en)
	}
	for _, k := range words.Keys(i18n.FR) {
		if fr, en := words.Params(i18n.FR, k), words.Params(i18n.EN, k); !slices.Equal(fr, en) {
			t.Errorf("%s: %v, %v", k, fr, en)
		}
	}
}

func TestFormsOfOtherSitesAreTurnedAway(t *testing.T) {
	r := open(t, t.TempDir())
	for _, path := range []string{"/control/stop", "/products/PRD-012"} {
		q, _ := http.NewRequest(http.MethodPost, r.url+path, strings.NewReader("list=1"))
		q.Header.Set("Origin", "https://elsewhere.example")
		answer, err := http.DefaultClient.Do(q)
		r.do(path, err)
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}

func TestAClerkChangesWhatAProductCosts(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	q := []erp.PriceQuestion{{Customer: r.id(erp.KindCustomer, "C1001"), Item: r.id(erp.KindItem, "PRD-012"), Quantity: money.Int(20)}}
	page, err := r.clerk.do(ctx, http.MethodGet, "/products/PRD-012", nil)
	r.do("page", err)
	list := regexp.MustCompile(`CONTRACTOR</h3>\s*<input type="hidden" name="list" value="(\d+)"`).FindStringSubmatch(page)[1]
	r.do("rules", r.clerk.send(ctx, "/products/PRD-012/rules", map[string][]string{"list": {list},
		"from0": {"5"}, "base0": {"list"}, "factor0": {"0,90"}, "from1": {"20"}, "base1": {"fixed"}, "factor1": {"150"}, "factor2": {""}}))
	told, err := r.Prices(ctx, q)
	if err != nil || told[0].Price.Cmp(money.Int(150)) != 0 {
		t.Errorf("20 of them: %v, %v", told, err)
	}
	if err := r.clerk.ChangePrice(ctx, "PRD-012", money.Must("-1")); err == nil || !strings.Contains(err.Error(), "422") {
		t.Errorf("a negative price: %v", err)
	}
	if _, err := r.clerk.do(context.Background(), http.MethodGet, "/orders/999999", nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("an order that is not there: %v", err)
	}
}
