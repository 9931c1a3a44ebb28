package books

import "net/http"

func (p *program) screens(mux *http.ServeMux) {}
