package tryton

import (
	"context"
	"encoding/base64"

	"comptoir.example/comptoir/erp"
)

var _ erp.Printer = (*Connector)(nil)

// PrintInvoice implements erp.Printer. Tryton makes a PDF where its server has
// LibreOffice and the report asks for one; otherwise it answers an .odt, which is no
// document for a customer.
func (c *Connector) PrintInvoice(ctx context.Context, id string) ([]byte, error) {
	row := number(id)
	answer, err := c.rpc.call(ctx, "report.account.invoice.execute", nil, []any{row},
		map[string]any{"id": row, "ids": []any{row}, "model": "account.invoice"})
	if err != nil {
		return nil, err
	}
	parts, _ := answer.([]any)
	if len(parts) < 2 || parts[0] != "pdf" {
		return nil, nil
	}
	content, _ := parts[1].(map[string]any)
	text, _ := content["base64"].(string)
	pdf, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, broken("answer", "a document: %v", err)
	}
	return pdf, nil
}
