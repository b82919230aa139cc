from odoo import api, models, tools
from odoo.tools import SQL

# Tables that may name a contact without being a use of him: entries hold amounts, and what mail
# keeps of who wrote is looked through on its own.
NO_USE = ("account_move_line", "account_payment", "res_partner_res_partner_category_rel")
NO_USE_PREFIX = "mail_"
# Rows of a table that are the channel's own orders and what was made of them; any other row is a
# use that keeps the contact as it is. %(sales)s and %(ledgers)s: those that are, or were, removed.
OWN_ROWS = {
    "sale_order": "id = ANY(%(sales)s)",
    "sale_order_line": "order_id = ANY(%(sales)s)",
    "stock_picking": "sale_id = ANY(%(sales)s)",
    "stock_move": """
        sale_line_id IN (SELECT id FROM sale_order_line WHERE order_id = ANY(%(sales)s))
        OR picking_id IN (SELECT id FROM stock_picking WHERE sale_id = ANY(%(sales)s))""",
    "account_move": """
        move_type = 'entry' OR id IN (
            SELECT billed.move_id FROM sale_order_line sold
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
              JOIN account_move_line billed ON billed.id = rel.invoice_line_id
             WHERE sold.order_id = ANY(%(sales)s))""",
    "marketplace_order": "id = ANY(%(ledgers)s)",
    "marketplace_partner": "account_id = ANY(%(accounts)s)",
    "res_partner": "id = ANY(%(contacts)s)",
}


class MarketplaceOrder(models.Model):
    """Contacts of buyers: which were made for these orders alone."""

    _inherit = "marketplace.order"

    def _parties_of_buyers(self):
        """Contacts of these orders that the import made, with the addresses below them; the
        contact that buyers without a name share is none."""
        sales = self.sale_order_id
        contacts = (
            self.partner_id
            | sales.partner_id
            | sales.partner_invoice_id
            | sales.partner_shipping_id
            | sales.picking_ids.partner_id
        )
        contacts |= contacts.with_context(active_test=False).child_ids
        shared = self.env["marketplace.partner"].search(
            [("partner_id", "in", contacts.ids), ("external_id", "=", "anonymous")]
        )
        engine = self.env.ref("marketplace.user_engine")
        return (contacts - shared.partner_id).filtered(lambda one: one.create_uid == engine)

    def _free_contacts(self, contacts):
        """Those of the contacts that nothing uses besides orders whose buyers are forgotten.

        By SQL: every foreign key that points to contacts is asked, also those of addons that are
        not known here; a constant number of statements.
        """
        if not contacts:
            return contacts
        params = self._own_rows_params(contacts)
        used = set()
        for table, column in self._contact_columns():
            own = SQL(OWN_ROWS[table], **params) if table in OWN_ROWS else SQL("false")
            if table == "res_partner" and column == "id":
                continue
            self.env.cr.execute(
                SQL(
                    "SELECT DISTINCT %(column)s FROM %(table)s"
                    " WHERE %(column)s = ANY(%(ids)s) AND (%(own)s) IS NOT TRUE",
                    column=SQL.identifier(column),
                    table=SQL.identifier(table),
                    ids=contacts.ids,
                    own=own,
                )
            )
            used.update(row[0] for row in self.env.cr.fetchall())
        return contacts.filtered(lambda one: one.id not in used)

    def _own_rows_params(self, contacts):
        """Orders of these contacts that are removed now or were before."""
        removed = self | self.search(
            [
                ("buyer_removed_at", "!=", False),
                "|",
                ("partner_id", "in", contacts.ids),
                ("sale_order_id.partner_id", "in", contacts.ids),
            ]
        )
        return {
            "sales": removed.sale_order_id.ids,
            "ledgers": removed.ids,
            "accounts": self.account_id.ids,
            "contacts": contacts.ids,
        }

    @api.model
    @tools.ormcache()
    def _contact_columns(self):
        """Columns of the database that point to a contact and whose row is a use of him.

        By SQL: only the database knows all of them, of relations between models as well.
        """
        models_passing = self.env["ir.model"].sudo().search([("transient", "=", True)])
        passing = {model.model.replace(".", "_") for model in models_passing}
        self.env.cr.execute(
            """
            SELECT source.relname, field.attname
              FROM pg_constraint link
              JOIN pg_class source ON source.oid = link.conrelid
              JOIN pg_attribute field
                ON field.attrelid = link.conrelid AND field.attnum = link.conkey[1]
             WHERE link.contype = 'f' AND link.confrelid = 'res_partner'::regclass
               AND array_length(link.conkey, 1) = 1
             ORDER BY 1, 2
            """
        )
        return tuple(
            (table, column)
            for table, column in self.env.cr.fetchall()
            if table not in NO_USE and not table.startswith(NO_USE_PREFIX) and table not in passing
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _make_anonymous(self, account):
        """Take everything of the person away; the country and state stay, for taxes and figures.

        Their links to the account leave as well: whoever orders again is a new contact.
        """
        links = self.env["marketplace.partner"].search(
            [("account_id", "=", account.id), ("partner_id", "in", self.ids)]
        )
        links.unlink()
        quiet = self.with_context(tracking_disable=True, no_vat_validation=True)
        empty = self._anonymous_vals()
        for partner in quiet:
            vals = {**empty, "name": partner.env._("Buyer %s", partner.id)}
            if partner.is_company:
                del vals["vat"]  # without it the taxes of its invoices could not be explained
            partner.write(vals)

    @api.model
    def _anonymous_vals(self):
        """What is emptied; an addon with further fields of a person adds them."""
        names = (
            "street",
            "street2",
            "city",
            "zip",
            "phone",
            "email",
            "vat",
            "ref",
            "comment",
            "website",
            "function",
            "image_1920",
        )
        return dict.fromkeys(names, False) | {"partner_latitude": 0.0, "partner_longitude": 0.0}
