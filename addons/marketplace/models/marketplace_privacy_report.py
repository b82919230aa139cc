import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..tools import clock

# A file with a buyer's data leaves so many days after the answer was due.
KEEP_FILE_DAYS = 30


class MarketplacePrivacyRequest(models.Model):
    """What is kept of a buyer, as a file."""

    _inherit = "marketplace.privacy.request"

    def _make_report(self):
        """A file with all that is kept of the buyer, for the seller to send on."""
        text = json.dumps(self._report(), indent=2, ensure_ascii=False, default=str)
        self.attachment_id = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"privacy-{self.id}.json",
                    "raw": text.encode(),
                    "mimetype": "application/json",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        )
        self.state = "ready"
        self._tell_person(
            self.env._(
                "A buyer of %(account)s wants to know what is kept. To answer by %(date)s.",
                account=self.account_id.name,
                date=format_date(self.env, self.deadline),
            ),
            self.env._(
                "Open Marketplace, Configuration, Privacy requests: read the file, send it to the "
                "buyer, then press “Sent to the buyer”."
            ),
        )

    def _report(self):
        """What is kept, by order; names of members are for a person to read.

        :rtype: dict
        """
        self.ensure_one()
        sales = self.order_ids.sale_order_id
        people = self.order_ids.partner_id | sales.partner_id
        people |= sales.partner_invoice_id | sales.partner_shipping_id
        links = self.env["marketplace.partner"].search(
            [
                ("account_id", "=", self.account_id.id),
                ("external_id", "=", self.buyer_id or "-"),
            ]
        )
        people |= links.partner_id
        return {
            "seller": self.account_id.company_id.name,
            "channel": self.account_id.name,
            "request": self.external_id,
            "asked": self.requested_at,
            "made": fields.Datetime.now(),
            "contacts": [_contact(one) for one in people],
            "orders": [_order(one) for one in self.order_ids],
        }

    @api.autovacuum
    def _gc_files(self):
        """Files leave some time after they were due: they hold a buyer's data once more."""
        long_ago = clock.now().date() - timedelta(days=KEEP_FILE_DAYS)
        old = self.search(
            [("attachment_id", "!=", False), ("deadline", "<", long_ago), ("state", "=", "done")]
        )
        old.attachment_id.sudo().unlink()


def _contact(partner):
    return {
        "name": partner.name,
        "street": partner.street or "",
        "street2": partner.street2 or "",
        "zip": partner.zip or "",
        "city": partner.city or "",
        "country": partner.country_id.code or "",
        "phone": partner.phone or "",
        "email": partner.email or "",
        "vat": partner.vat or "",
    }


def _order(order):
    sale = order.sale_order_id
    return {
        "number": order.number,
        "placed": order.placed_at or "",
        "status": order.status or "",
        "total": sale.amount_total if sale else order.total,
        "currency": (sale.currency_id or order.currency_id).name or "",
        "note": order.note or "",
        "lines": [
            {"name": line.name, "quantity": line.product_uom_qty, "price": line.price_total}
            for line in sale.order_line
        ],
        "deliveries": [
            {
                "number": one.name,
                "done": one.date_done or "",
                "to": one.partner_id.display_name or "",
            }
            for one in sale.picking_ids
        ],
        "invoices": [
            {"number": one.name, "date": one.invoice_date or "", "total": one.amount_total}
            for one in sale.invoice_ids
        ],
    }
