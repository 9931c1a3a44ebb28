package api

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

// served is the document as /v1/openapi.json gives it in a language.
func served(t *testing.T, language string) []byte {
	t.Helper()
	d := dbtest.Open(t, "sqlite", nil, db.Options{})
	mux := http.NewServeMux()
	Mount(mux, &web.Site{DB: d, Words: words, Engine: erpsync.New(outbox.New(d, "test"), nil, customer.Merchant{Zone: time.UTC}, erpsync.Policy{})})
	r := httptest.NewRequest("GET", "/v1/openapi.json", nil)
	r.Header.Set("Accept-Language", language)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

type object = map[string]any

func parse(t *testing.T, text []byte) (o object) {
	t.Helper()
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// What callers were promised stays: paths, methods, the fields of answers, and
// that what was accepted still is.
func TestTheContractOnlyGrows(t *testing.T) {
	const golden = "testdata/openapi.json"
	now := parse(t, served(t, "fr"))
	kept, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if err == nil {
		for _, broken := range breaks(parse(t, kept), now) {
			if *update {
				t.Log("breaking: " + broken)
			} else {
				t.Error("breaking: " + broken)
			}
		}
	}
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	switch {
	case *update:
		err = os.WriteFile(golden, text, 0o644)
	case string(text) != string(kept):
		t.Error("the contract has grown or its words changed: look at the difference, then go test ./web/api -update")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheCheckNoticesEachKindOfBreak(t *testing.T) {
	text := served(t, "fr")
	deep := func(o object, path ...string) object {
		for _, name := range path {
			o = o[name].(object)
		}
		return o
	}
	for name, harm := range map[string]func(o object){
		"path":   func(o object) { delete(deep(o, "paths"), "/v1/orders") },
		"method": func(o object) { delete(deep(o, "paths", "/v1/orders"), "post") },
		"query": func(o object) {
			op := deep(o, "paths", "/v1/orders", "get")
			op["parameters"] = op["parameters"].([]any)[1:]
		},
		"answer": func(o object) { delete(deep(o, "components", "schemas", "Amount", "properties"), "minor") },
		"deeper": func(o object) { delete(deep(o, "components", "schemas", "OrderLine", "properties"), "shipped") },
		"type":   func(o object) { deep(o, "components", "schemas", "Step", "properties", "from")["type"] = "number" },
		"asked":  func(o object) { delete(deep(o, "components", "schemas", "NewOrder", "properties"), "comment") },
		"required": func(o object) {
			deep(o, "components", "schemas", "NewOrder")["required"] = []any{"ship_to", "delivery_method", "lines", "comment"}
		},
		"status": func(o object) { delete(deep(o, "paths", "/v1/orders", "post", "responses"), "201") },
		"header": func(o object) {
			delete(deep(o, "paths", "/v1/orders", "post", "responses", "201", "headers"), "Idempotency-Replayed")
		},
		"maybe": func(o object) { s := deep(o, "components", "schemas", "Amount"); s["required"] = []any{"minor"} },
		"state": func(o object) {
			s := deep(o, "components", "schemas", "Order", "properties", "state")
			s["enum"] = s["enum"].([]any)[1:]
		},
	} {
		harmed := parse(t, text)
		harm(harmed)
		if len(breaks(parse(t, text), harmed)) == 0 {
			t.Errorf("nobody notices a missing %s", name)
		}
	}
	if b := breaks(parse(t, text), parse(t, text)); len(b) > 0 {
		t.Errorf("a contract breaks itself: %v", b)
	}
}

func TestTheDocumentSpeaksBothLanguagesAndNamesPermissions(t *testing.T) {
	french, english := parse(t, served(t, "fr")), parse(t, served(t, "en"))
	if french["openapi"] != "3.1.0" {
		t.Errorf("the document is OpenAPI %v", french["openapi"])
	}
	for _, route := range Operations() {
		op := func(o object) object {
			return o["paths"].(object)[route.Path].(object)[strings.ToLower(route.Method)].(object)
		}
		if op(french)["x-permission"] != string(route.May) || op(french)["x-object"] != string(route.Of) {
			t.Errorf("%s %s does not name its permission", route.Method, route.Path)
		}
		if fr, en := op(french)["summary"].(string), op(english)["summary"].(string); fr == en || strings.Contains(fr+en, "⟦") {
			t.Errorf("%s %s is called %q and %q", route.Method, route.Path, fr, en)
		}
		if (op(french)["security"] == nil) != (route.May == access.Anyone) {
			t.Errorf("%s %s says the wrong thing about tokens", route.Method, route.Path)
		}
	}
	states := french["components"].(object)["schemas"].(object)["Order"].(object)["properties"].(object)["state"].(object)["enum"].([]any)
	for i, s := range order.States {
		if len(states) != len(order.States) || states[i] != string(s) {
			t.Fatalf("the document's states are %v", states)
		}
	}
}

// breaks lists what of a contract another one does not keep.
func breaks(before, after object) (list []string) {
	c := check{before, after, &list}
	for path, methods := range before["paths"].(object) {
		for method, op := range methods.(object) {
			there, found := dig(after, "paths", path, method).(object)
			if !found {
				c.say("%s %s is gone", method, path)
				continue
			}
			c.operation(method+" "+path, op.(object), there)
		}
	}
	slices.Sort(list)
	return list
}

type check struct {
	before, after object
	found         *[]string
}

func (c check) say(format string, args ...any) {
	*c.found = append(*c.found, fmt.Sprintf(format, args...))
}

func (c check) operation(at string, before, after object) {
	params := func(op object) map[string]object {
		by := map[string]object{}
		list, _ := op["parameters"].([]any)
		for _, p := range list {
			by[fmt.Sprint(p.(object)["in"], " ", p.(object)["name"])] = p.(object)
		}
		return by
	}
	was, is := params(before), params(after)
	for name := range was {
		if is[name] == nil {
			c.say("%s: %s is gone", at, name)
		}
	}
	for name, p := range is {
		if p["required"] == true && (was[name] == nil || was[name]["required"] != true) {
			c.say("%s: %s is now required", at, name)
		}
	}
	c.schema(at+" asks", dig(before, "requestBody", "content", "application/json", "schema"), dig(after, "requestBody", "content", "application/json", "schema"), true)
	for status, answer := range before["responses"].(object) {
		there, found := dig(after, "responses", status).(object)
		if !found {
			c.say("%s: %s is gone", at, status)
			continue
		}
		if headers, has := answer.(object)["headers"].(object); has {
			for name := range headers {
				if dig(there, "headers", name) == nil {
					c.say("%s: header %s is gone", at, name)
				}
			}
		}
		content, _ := answer.(object)["content"].(object)
		for kind, media := range content {
			c.schema(at+" gives", media.(object)["schema"], dig(there, "content", kind, "schema"), false)
		}
	}
}

// schema compares what is asked, which may not grow stricter, or what is given,
// which may not lose anything.
func (c check) schema(at string, before, after any, asked bool) {
	was, has := resolve(c.before, before)
	if !has {
		return
	}
	is, has := resolve(c.after, after)
	if !has {
		c.say("%s: nothing any more", at)
		return
	}
	if fmt.Sprint(was["type"]) != fmt.Sprint(is["type"]) {
		c.say("%s: was %v, is %v", at, was["type"], is["type"])
	}
	for _, value := range listOf(was["enum"]) {
		if !slices.Contains(listOf(is["enum"]), value) {
			c.say("%s: %v is gone", at, value)
		}
	}
	properties, _ := was["properties"].(object)
	for name := range properties {
		if dig(is, "properties", name) == nil {
			c.say("%s: %s is gone", at, name)
			continue
		}
		c.schema(at+" "+name, properties[name], dig(is, "properties", name), asked)
	}
	strict, loose := was, is
	if asked {
		strict, loose = is, was
	}
	for _, name := range listOf(strict["required"]) {
		if !slices.Contains(listOf(loose["required"]), name) {
			c.say("%s: %v changed between optional and required", at, name)
		}
	}
	if was["items"] != nil {
		c.schema(at+"[]", was["items"], is["items"], asked)
	}
}

func resolve(document object, schema any) (object, bool) {
	s, is := schema.(object)
	if ref, points := s["$ref"].(string); points {
		s, is = dig(document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(object)
	}
	return s, is
}

func dig(o object, path ...string) any {
	var v any = o
	for _, name := range path {
		inner, is := v.(object)
		if !is {
			return nil
		}
		v = inner[name]
	}
	return v
}

func listOf(v any) []any {
	list, _ := v.([]any)
	return list
}
