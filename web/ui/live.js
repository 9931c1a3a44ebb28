// What script adds. Every page works without it: forms post, links lead, parts of a page are
// simply as old as the page.
import "htmx.org";

// Parts that keep themselves up to date ask with the mark of what they show, and are left
// alone when the answer says that nothing changed (304 or 204, see the meta tag of the shell).
document.addEventListener("htmx:configRequest", (event) => {
  const etag = event.detail.elt.dataset.etag;
  if (etag) event.detail.headers["If-None-Match"] = etag;
});

// A part that somebody walks through with the keyboard, or types in, is not swapped
// under their cursor; the next question comes soon enough.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.elt.querySelector(":focus-visible")) event.detail.shouldSwap = false;
});

// A second press of the same key does nothing; the idempotency key in the form guards the rest.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), 8000); // an answer that never came must not lock the page
});

function release(form) {
  delete form.dataset.sent;
  for (const key of document.querySelectorAll("[aria-busy=true]")) key.removeAttribute("aria-busy");
}

// Coming back with the browser's button gives a page that can be sent again.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

// Keys: / goes to the search, Ctrl+Enter presses the key of the counter, ? shows this list.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    document.querySelector(".counter .brass, .key.ink.wide")?.click();
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (event.key === "/") {
    document.querySelector(".find input")?.focus();
    event.preventDefault();
  }
  if (event.key === "?") {
    document.querySelector("#help")?.showModal();
    event.preventDefault();
  }
});

// A click beside an open menu, or Esc in it, closes it and gives the focus back.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const close = event.target.closest("[data-close]");
  if (close) close.closest("dialog").close();
  const opener = event.target.closest("[data-open]");
  if (opener) {
    document.getElementById(opener.dataset.open)?.showModal();
    event.preventDefault();
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
