package app

import (
	"io"
	"net/http"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/web"
)

// maxHook is the largest message of a processor that is read.
const maxHook = 256 << 10

// hook is POST /hooks/{gateway}: what the processor tells. It is kept and answered
// at once. The signature over the raw bytes is all that lets it in.
func (a *App) hook(w http.ResponseWriter, r *http.Request) {
	web.Headers(w.Header(), a.Site.Secure)
	if a.Site.Gateway == nil || r.PathValue("gateway") != a.Site.Gateway.Name() {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	switch err := a.Site.Gateway.Receive(r.Context(), r.Header, raw); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case fault.Is(err, fault.Denied):
		a.Site.Log.Warn("webhook refused", "gateway", r.PathValue("gateway"), "err", err)
		w.WriteHeader(http.StatusBadRequest)
	default:
		a.Site.Log.Error("webhook not kept", "gateway", r.PathValue("gateway"), "err", err)
		w.WriteHeader(http.StatusServiceUnavailable) // it comes again
	}
}
