package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// wire is one connection that is kept. It is less than net/http's client because
// the driver runs on the cores that are being measured.
type wire struct {
	host string
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	body bytes.Buffer // of the last answer
}

// ask sends a request and reads the whole answer.
func (w *wire) ask(method, path, headers, body string) (*http.Response, error) {
	if w.conn == nil {
		conn, err := net.Dial("tcp", w.host)
		if err != nil {
			return nil, err
		}
		w.conn, w.in = conn, bufio.NewReaderSize(conn, 64<<10)
	}
	w.out = append(w.out[:0], method+" "+path+" HTTP/1.1\r\nHost: "+w.host+"\r\n"+headers...)
	if method == "POST" {
		w.out = append(w.out, "Origin: http://"+w.host+"\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n"...)
	}
	w.out = append(append(w.out, "\r\n"...), body...)
	res, err := w.exchange()
	if err != nil {
		w.conn.Close()
		w.conn = nil
	}
	return res, err
}

func (w *wire) exchange() (*http.Response, error) {
	w.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := w.conn.Write(w.out); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return nil, err
	}
	w.body.Reset()
	_, err = io.Copy(&w.body, res.Body)
	res.Body.Close()
	return res, err
}

// buyer is somebody signed in: with a cookie for pages, or a token for the API.
type buyer struct {
	*wire
	email        string
	company      int
	cookie, csrf string
	token        string
	count        int // makes keys differ
}

const formType = "Content-Type: application/x-www-form-urlencoded\r\n"

func (b *buyer) signIn(password string) error {
	res, err := b.ask("POST", "/signin", formType, url.Values{"email": {b.email}, "password": {password}}.Encode())
	if err != nil {
		return err
	}
	if len(res.Cookies()) == 0 {
		return fmt.Errorf("%s does not come in: %s", b.email, res.Status)
	}
	b.cookie = "Cookie: " + res.Cookies()[0].Name + "=" + res.Cookies()[0].Value + "\r\n"
	if _, err := b.ask("GET", "/catalogue", b.cookie, ""); err != nil {
		return err
	}
	if b.csrf = b.field("csrf"); b.csrf == "" {
		return fmt.Errorf("%s sees no form", b.email)
	}
	return nil
}

func (b *buyer) signInByAPI(password string) error {
	body, err := json.Marshal(map[string]string{"email": b.email, "password": password})
	if err != nil {
		return err
	}
	if _, err := b.ask("POST", "/v1/tokens", "Content-Type: application/json\r\n", string(body)); err != nil {
		return err
	}
	var t struct{ Token string }
	if err := json.Unmarshal(b.body.Bytes(), &t); err != nil || t.Token == "" {
		return fmt.Errorf("%s gets no token: %s", b.email, b.body.String())
	}
	b.token = "Authorization: Bearer " + t.Token + "\r\nContent-Type: application/json\r\n"
	return nil
}

// field is the value of a hidden field of the last page.
func (b *buyer) field(name string) string {
	_, rest, _ := bytes.Cut(b.body.Bytes(), []byte(`name="`+name+`" value="`))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

// sku is a product, different for each of the lines of an order.
func (b *buyer) sku(line int) string {
	return fmt.Sprintf("PRD-%03d", 1+(b.count*3+b.company+line*13)%items)
}

// checkout is a buyer's whole way: three products into the cart, the checkout
// page, the order. It notes how long each of the five requests took.
func (b *buyer) checkout(took func(time.Duration)) error {
	b.count++
	for line := range 3 {
		body := "csrf=" + b.csrf + "&sku=" + b.sku(line) + "&quantity=" + strconv.Itoa(1+line*6)
		if err := b.see("POST", "/cart/lines", formType+b.cookie, body, http.StatusSeeOther, "/cart?added=", took); err != nil {
			return err
		}
	}
	if err := b.see("GET", "/checkout", b.cookie, "", http.StatusOK, "", took); err != nil {
		return err
	}
	form := "csrf=" + b.csrf + "&act=place&cart=" + b.field("cart") + "&prices=" + b.field("prices") + "&ship_to=c" + strconv.Itoa(b.company+1) +
		"a&delivery=truck&po_number=BC-" + strconv.Itoa(b.count)
	return b.see("POST", "/orders", formType+b.cookie, form, http.StatusSeeOther, "/orders/", took)
}

// orderByAPI places the same order in one call.
func (b *buyer) orderByAPI(took func(time.Duration)) error {
	b.count++
	var lines []string
	for line := range 3 {
		lines = append(lines, `{"sku":"`+b.sku(line)+`","quantity":"`+strconv.Itoa(1+line*6)+`"}`)
	}
	body := `{"ship_to":"c` + strconv.Itoa(b.company+1) + `a","delivery_method":"truck","po_number":"BC-` + strconv.Itoa(b.count) + `","lines":[` + strings.Join(lines, ",") + `]}`
	key := "Idempotency-Key: " + b.email + "-" + strconv.Itoa(b.count) + "\r\n"
	return b.see("POST", "/v1/orders", b.token+key, body, http.StatusCreated, "/v1/orders/", took)
}

// list looks at twenty products.
func (b *buyer) list(took func(time.Duration)) error {
	b.count++
	if err := b.see("GET", "/catalogue?page="+strconv.Itoa(1+b.count%2), b.cookie, "", http.StatusOK, "", took); err != nil {
		return err
	}
	if n := bytes.Count(b.body.Bytes(), []byte(`action="/cart/lines"`)); n != 20 {
		return fmt.Errorf("the list shows %d products", n)
	}
	return nil
}

// see is a request that must be answered as expected.
func (b *buyer) see(method, path, headers, body string, status int, location string, took func(time.Duration)) error {
	start := time.Now()
	res, err := b.ask(method, path, headers, body)
	if err != nil {
		return err
	}
	took(time.Since(start))
	if res.StatusCode != status || !strings.HasPrefix(res.Header.Get("Location"), location) {
		return fmt.Errorf("%s %s: %s %s", method, path, res.Status, res.Header.Get("Location"))
	}
	return nil
}
