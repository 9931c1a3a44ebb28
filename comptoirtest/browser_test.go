package comptoirtest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/i18n"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	devlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is the one Chromium of the test program; every test has profiles of
// its own in it.
var browser = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	stopBrowser = func() { chromedp.Cancel(ctx); stop() }
	// The first call has no time limit: the browser would end with it.
	return ctx, chromedp.Do(ctx)
})

// stopBrowser ends the browser when one was started; TestMain calls it.
var stopBrowser = func() {}

func chromium() string {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	return "chromium"
}

// needBrowser leaves a test out unless the make target asks for real parts.
func needBrowser(t *testing.T) {
	t.Helper()
	if os.Getenv("COMPTOIR_BROWSER") != "1" {
		t.Skip("the browser is tried by make test")
	}
}

// Look is how a page is looked at: how wide the window is, and what the person
// asked their system for.
type Look struct {
	Width                  int64
	Dark, Still, HighLight bool // prefers-color-scheme, prefers-reduced-motion, forced-colors
}

func (l Look) String() string {
	name := strconv.FormatInt(l.Width, 10)
	for _, asked := range []struct {
		word string
		is   bool
	}{{"-dark", l.Dark}, {"-still", l.Still}, {"-forced", l.HighLight}} {
		if asked.is {
			name += asked.word
		}
	}
	return name
}

// Tab is a tab of the browser on a shop. Whatever goes wrong in it, from a line
// in the console to a request that fails, fails its test.
type Tab struct {
	T    testing.TB
	Base string
	Ctx  context.Context

	mu       sync.Mutex
	problems []string
	expected []int64 // statuses of documents that are no problem
}

// patience is how long the browser itself may take for anything.
const patience = 30 * time.Second

// openTab starts a browser profile of its own on a shop.
func openTab(t testing.TB, shop string, look Look) *Tab {
	t.Helper()
	ctx, err := browser()
	if err != nil {
		t.Fatal("chromium does not start: ", err)
	}
	return newTab(t, shop, look, ctx, chromedp.WithNewBrowserContext())
}

// Another opens a second tab of the same person.
func (b *Tab) Another(look Look) *Tab {
	b.T.Helper()
	return newTab(b.T, b.Base, look, b.Ctx)
}

func newTab(t testing.TB, shop string, look Look, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	b := &Tab{T: t, Base: shop}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.hear))...)
	b.Ctx = ctx
	t.Cleanup(func() { b.Healthy("the end"); cancel() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Func(func(ctx context.Context, s *chromedp.Target) error {
		_, err := cdp.Call(ctx, s, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			addEventListener("securitypolicyviolation", (e) => console.error("content policy:", e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber));`})
		return err
	}))
	b.Look(look)
	return b
}

// hear writes down what must not happen.
func (b *Tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var said []string
			for _, a := range e.Args {
				said = append(said, strings.Trim(string(a.Value), `"`)+a.Description)
			}
			b.problem("console: " + strings.Join(said, " "))
		}
	case *runtime.EventExceptionThrown:
		b.problem(fmt.Sprintf("script: %s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *devlog.EventEntryAdded:
		// What the network log says of a status is judged by the status itself.
		if e.Entry.Level != devlog.EntryLevelInfo && e.Entry.Level != devlog.EntryLevelVerbose && e.Entry.Source != devlog.EntrySourceNetwork {
			b.problem(fmt.Sprintf("log: %s %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventResponseReceived:
		b.mu.Lock()
		excused := e.Type == network.ResourceTypeDocument && slices.Contains(b.expected, e.Response.Status)
		b.mu.Unlock()
		if e.Response.Status >= 400 && !excused {
			b.problem(fmt.Sprintf("%d %s", e.Response.Status, e.Response.URL))
		}
	case *network.EventLoadingFailed:
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" {
			b.problem("request: " + e.ErrorText + " " + string(e.BlockedReason))
		}
	}
}

func (b *Tab) problem(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, what)
}

// Healthy fails the test for what went wrong since it was last asked.
func (b *Tab) Healthy(where string) {
	b.T.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.T.Errorf("%s: %s", where, p)
	}
	b.problems = nil
}

// Expect says which statuses of documents are meant.
func (b *Tab) Expect(statuses ...int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = statuses
}

func (b *Tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	if err := b.try(steps...); err != nil {
		b.T.Fatal(err)
	}
}

func (b *Tab) try(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.Ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// eval asks the page. While it is on the way to another the answer is empty.
func eval[V any](b *Tab, script string) (v V) {
	b.T.Helper()
	v, err := tryEval[V](b, script)
	if err != nil {
		b.T.Fatalf("%s: %v", script, err)
	}
	return v
}

func tryEval[V any](b *Tab, script string) (V, error) {
	ctx, cancel := context.WithTimeout(b.Ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[V](script, chromedp.EvalAwaitPromise))
}

// Leaves waits until the window is on another site. One that is on its way there
// answers nothing.
func (b *Tab) Leaves(site string) {
	b.T.Helper()
	b.Await(patience, "another site than "+site, func() bool {
		at, err := tryEval[string](b, "location.href")
		return err == nil && !strings.HasPrefix(at, site)
	})
}

// Look resizes the window and changes what the person's system asks for.
func (b *Tab) Look(l Look) { b.T.Helper(); b.resize(l, 900) }

func (b *Tab) resize(l Look, height int64) {
	b.T.Helper()
	value := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	b.do(chromedp.EmulateViewport(l.Width, height), chromedp.Func(func(ctx context.Context, s *chromedp.Target) error {
		_, err := cdp.Call(ctx, s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: value(l.Dark, "dark", "light")},
			{Name: "prefers-reduced-motion", Value: value(l.Still, "reduce", "no-preference")},
			{Name: "forced-colors", Value: value(l.HighLight, "active", "none")},
		}})
		return err
	}))
}

// NoScript is a browser whose person has turned script off.
func (b *Tab) NoScript() {
	b.T.Helper()
	b.do(chromedp.Func(func(ctx context.Context, s *chromedp.Target) error {
		_, err := cdp.Call(ctx, s, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// Go opens a page, which must be there.
func (b *Tab) Go(path string) *Tab {
	b.T.Helper()
	b.do(chromedp.Navigate(b.Base + path))
	return b
}

// Reload is the key of the browser.
func (b *Tab) Reload() *Tab {
	b.T.Helper()
	b.do(chromedp.Reload())
	return b
}

// Path is where the tab is.
func (b *Tab) Path() string {
	at, _ := tryEval[string](b, "location.pathname + location.search")
	return at
}

// Text is what a person reads on the page, in one line.
func (b *Tab) Text() string {
	text, _ := tryEval[string](b, "document.body?.innerText ?? ''")
	return strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(text)), " ")
}

// Sees says whether the page shows all of it now.
func (b *Tab) Sees(words ...string) bool {
	text := b.Text()
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// Await waits until something holds, and says how long that took.
func (b *Tab) Await(within time.Duration, what string, holds func() bool) time.Duration {
	b.T.Helper()
	begin := time.Now()
	for !holds() {
		if time.Since(begin) > within {
			b.Shoot("failed")
			b.T.Fatalf("not within %v: %s\n%s: %.3000s", within, what, b.Path(), b.Text())
		}
		time.Sleep(15 * time.Millisecond)
	}
	return time.Since(begin)
}

// Shows waits until the page shows all of it.
func (b *Tab) Shows(words ...string) *Tab {
	b.T.Helper()
	b.Within(patience, words...)
	return b
}

// Within is Shows with a limit; it gives the time that passed.
func (b *Tab) Within(limit time.Duration, words ...string) time.Duration {
	b.T.Helper()
	return b.Await(limit, fmt.Sprintf("the page shows %q", words), func() bool { return b.Sees(words...) })
}

// Type fills a field as a person does: what stands in it is selected, and typed
// over. (chromedp.Clear empties the attribute of the field, not what was typed.)
func (b *Tab) Type(selector, text string) *Tab {
	b.T.Helper()
	b.named(selector, chromedp.Focus(chromedp.CSS(selector), chromedp.NodeVisible))
	eval[bool](b, "document.activeElement.select(), true")
	if text == "" {
		return b.Keys(kb.Delete)
	}
	return b.Keys(text)
}

// Press clicks, and waits for the page it leads to.
func (b *Tab) Press(selector string) *Tab {
	b.T.Helper()
	b.leads(func() { b.Click(selector) })
	return b
}

// Click clicks on something that can be seen.
func (b *Tab) Click(selector string) *Tab {
	b.T.Helper()
	b.named(selector, chromedp.Click(chromedp.CSS(selector)))
	return b
}

// named does something to a part of the page, and names the part when it fails.
func (b *Tab) named(selector string, step chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	if err := b.try(step); err != nil {
		b.Shoot("failed")
		b.T.Fatalf("%s on %s: %v", selector, b.Path(), err)
	}
}

// Keys presses keys as a keyboard does. A key with a text is one event of the
// browser, so that a page which takes the key down for itself types nothing.
// chromedp.KeyEvent sends the text apart, as a second event that comes whatever
// the page did with the first: the shortcut / then typed a slash.
func (b *Tab) Keys(keys string, modifiers ...chromedp.Modifier) *Tab {
	b.T.Helper()
	var held int64
	for _, m := range modifiers {
		held |= int64(m)
	}
	b.do(chromedp.Func(func(ctx context.Context, s *chromedp.Target) error {
		for _, r := range keys {
			events := kb.Encode(r)
			down, up := *events[0], *events[len(events)-1]
			down.Type = kb.KeyRawDown
			if len(events) == 3 && held&^int64(chromedp.ModifierShift) == 0 {
				down.Type, down.Text, down.UnmodifiedText = kb.KeyDown, events[1].Text, events[1].UnmodifiedText
			}
			for _, e := range []input.DispatchKeyEventParams{down, up} {
				e.Modifiers |= held
				if _, err := cdp.Call(ctx, s, input.DispatchKeyEvent, e); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	return b
}

// Enter presses Enter, and waits for the page it leads to.
func (b *Tab) Enter() *Tab {
	b.T.Helper()
	b.leads(func() { b.Keys(kb.Enter) })
	return b
}

// leads does something and waits until another document is there, whole.
func (b *Tab) leads(act func()) {
	b.T.Helper()
	b.do(chromedp.Func(func(ctx context.Context, s *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool]("document.documentElement.dataset.left = 'yes', true")(ctx, s)
		return err
	}))
	act()
	b.Await(patience, "another page", func() bool {
		there, err := tryEval[bool](b, "!document.documentElement.dataset.left && document.readyState === 'complete'")
		return err == nil && there
	})
}

// DoublePress is a real double click: down, up, down, up, as fast as a finger.
func (b *Tab) DoublePress(selector string) *Tab {
	b.T.Helper()
	b.do(chromedp.ScrollIntoView(chromedp.CSS(selector)))
	at := eval[[]float64](b, fmt.Sprintf("(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()", selector))
	b.leads(func() {
		b.do(chromedp.Func(func(ctx context.Context, s *chromedp.Target) error {
			for count := range int64(2) {
				for _, typ := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
					if _, err := cdp.Call(ctx, s, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: typ, X: at[0], Y: at[1],
						Button: input.MouseButtonLeft, ClickCount: count + 1}); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	})
	return b
}

// SignIn comes in by the door.
func (b *Tab) SignIn(email string) *Tab {
	b.T.Helper()
	b.Go("/signin").Type("#email", email).Type("#password", app.DemoPassword).Enter()
	if strings.HasPrefix(b.Path(), "/signin") {
		b.T.Fatalf("%s does not come in: %s", email, b.Text())
	}
	return b
}

// Speak chooses the language of the pages.
func (b *Tab) Speak(lang i18n.Lang) *Tab {
	b.T.Helper()
	if eval[string](b, "document.documentElement.lang") != string(lang) {
		b.Press(fmt.Sprintf("button[name=language][value=%q]", lang))
	}
	return b
}

// Shoot keeps a picture of the whole page, in COMPTOIR_SCREENSHOTS when it is set.
func (b *Tab) Shoot(name string) {
	b.T.Helper()
	folder := os.Getenv("COMPTOIR_SCREENSHOTS")
	if folder == "" {
		folder = b.T.TempDir()
	} else {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join("..", folder) // from the root of the repository
		}
	}
	b.shootInto(folder, name)
}

func (b *Tab) shootInto(folder, name string) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644)
	}
	if err != nil {
		b.T.Error(err)
	}
}
