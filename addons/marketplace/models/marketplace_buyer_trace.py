import re

from markupsafe import escape

from odoo import api, models
from odoo.tools import SQL

# A word shorter than this is no name that may be struck out of other texts.
SHORTEST = 3
GONE = "…"
# What is received of an order, besides the order itself.
OF_ORDERS = ("order", "status")


class MarketplaceOrder(models.Model):
    """What was written down of a buyer: received documents, notes, lines, messages.

    By SQL throughout: texts of thousands of rows are changed without waking what watches them,
    and a message cannot be changed by the ORM without telling its followers.
    """

    _inherit = "marketplace.order"

    # === WORDS === #

    def _buyer_words(self, contacts):
        """What to strike out of the texts of each order.

        :param contacts: those that were made for orders.
        :return: {order: compiled pattern}
        """
        lines = self.line_ids.grouped("order_id")
        returns = self.return_ids.grouped("order_id")
        words = {}
        for order in self:
            sale = order.sale_order_id
            people = order.partner_id | sale.partner_id
            people |= sale.partner_invoice_id | sale.partner_shipping_id
            people &= contacts
            found = {order.note}
            for partner in people:
                found |= {partner.name, partner.street, partner.street2, partner.phone}
                found |= {partner.email, partner.vat, partner.phone_sanitized}
            found |= set(lines.get(order, self.line_ids.browse()).mapped("comment"))
            found |= set(returns.get(order, self.return_ids.browse()).mapped("comment"))
            words[order] = _pattern(found)
        return words

    # === TEXTS === #

    def _remove_buyer_texts(self, words):
        """Strike the words out of all texts that belong to the orders."""
        self.env.flush_all()
        self.return_ids.write({"comment": False})
        self.env.flush_all()
        self._clean_extra(words)
        self._clean_lines(words)
        self._clean_messages(words)
        self.line_ids.write({"comment": False})
        self.env.invalidate_all()

    def _clean_extra(self, words):
        for order in self:
            if order.extra:
                order.extra = _clean_json(order.extra, words[order])

    def _clean_lines(self, words):
        """Comments of the buyer stand below the product on lines of the order and the invoice."""
        self.env.cr.execute(
            """
            SELECT 'sale_order_line', sold.id, sold.order_id, sold.name
              FROM sale_order_line sold WHERE sold.order_id = ANY(%(sales)s)
             UNION ALL
            SELECT DISTINCT 'account_move_line', billed.id, sold.order_id, billed.name
              FROM sale_order_line sold
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
              JOIN account_move_line billed ON billed.id = rel.invoice_line_id
             WHERE sold.order_id = ANY(%(sales)s)
            """,
            {"sales": self.sale_order_id.ids},
        )
        patterns = {order.sale_order_id.id: words[order] for order in self}
        changed = {"sale_order_line": [], "account_move_line": []}
        for table, row_id, sale_id, text in self.env.cr.fetchall():
            clean = _strike(text, patterns[sale_id])
            if clean != text:
                changed[table].append((row_id, clean))
        for table, rows in changed.items():
            self._update_texts(table, ("name",), rows)

    def _update_texts(self, table, columns, rows):
        """:param rows: list of (id, text of each column, …)"""
        if not rows:
            return
        values = [list(column) for column in zip(*rows, strict=True)]
        names = [SQL.identifier(name) for name in columns]
        self.env.cr.execute(
            SQL(
                "UPDATE %s target SET %s FROM unnest(%s::int[], %s) AS given (id, %s)"
                " WHERE target.id = given.id",
                SQL.identifier(table),
                SQL(", ").join(SQL("%s = given.%s", name, name) for name in names),
                values[0],
                SQL(", ").join(SQL("%s::text[]", column) for column in values[1:]),
                SQL(", ").join(names),
            )
        )

    # === MESSAGES === #

    def _documents_of_buyers(self):
        """:return: {model: {record id: order}} of everything with a chatter"""
        found = {name: {} for name in ("sale.order", "stock.picking", "account.move")}
        found[self._name] = {order.id: order for order in self}
        for order in self:
            sale = order.sale_order_id
            found["sale.order"][sale.id] = order
            found["stock.picking"].update(dict.fromkeys(sale.picking_ids.ids, order))
            found["account.move"].update(dict.fromkeys(sale.invoice_ids.ids, order))
        found["res.partner"] = {}
        for order in self:
            sale = order.sale_order_id
            people = order.partner_id | sale.partner_invoice_id | sale.partner_shipping_id
            found["res.partner"].update(dict.fromkeys(people.ids, order))
        return found

    def _clean_messages(self, words):
        """By SQL, see the class: a message that is changed by the ORM tells its followers."""
        labels = self._note_labels()
        for model, orders in self._documents_of_buyers().items():
            self.env.cr.execute(
                """
                SELECT id, res_id, body, coalesce(subject, ''), coalesce(email_from, ''),
                       coalesce(reply_to, '')
                  FROM mail_message WHERE model = %s AND res_id = ANY(%s)
                """,
                [model, list(orders)],
            )
            messages = self.env.cr.fetchall()
            rows = []
            for message_id, res_id, *texts in messages:
                pattern = words[orders[res_id]]
                texts[0] = labels.sub(r"\1" + GONE, texts[0] or "")
                clean = [_strike(text, pattern) for text in texts]
                rows.append((message_id, *clean))
            self._update_texts("mail_message", ("body", "subject", "email_from", "reply_to"), rows)
            self._clean_mails({row[0]: words[orders[row[1]]] for row in messages})

    def _clean_mails(self, patterns):
        """Mails, addresses they went to, and tracked values of messages."""
        ids = list(patterns)
        for table, columns in (
            ("mail_mail", ("body_html", "email_to")),
            ("mail_notification", ("mail_email_address",)),
            (
                "mail_tracking_value",
                ("old_value_char", "new_value_char", "old_value_text", "new_value_text"),
            ),
        ):
            self.env.cr.execute(
                SQL(
                    "SELECT id, mail_message_id, %s FROM %s WHERE mail_message_id = ANY(%s)",
                    SQL(", ").join(SQL.identifier(name) for name in columns),
                    SQL.identifier(table),
                    ids,
                )
            )
            self._update_texts(
                table,
                columns,
                [
                    (row_id, *(_strike(text, patterns[message_id]) for text in texts))
                    for row_id, message_id, *texts in self.env.cr.fetchall()
                ],
            )

    def _note_labels(self):
        """What stands before a buyer's note in messages, in any language of this database."""
        labels = set()
        for code, _name in self.env["res.lang"].get_installed():
            text = self.with_context(lang=code).env._("Note of the buyer: %s", "")
            labels.add(str(escape(text.strip())))
        choice = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
        return re.compile(rf"((?:{choice})\s*)(?:(?!<br|</p>).)+", re.DOTALL)

    # === RECEIVED === #

    def _remove_received(self):
        """Documents and requests of these orders lose their contents."""
        self.env.cr.execute(
            """
            UPDATE marketplace_inbox item SET payload = NULL
              FROM marketplace_order ledger
             WHERE ledger.id = ANY(%(ids)s) AND item.account_id = ledger.account_id
               AND (item.topic = ANY(%(topics)s) AND item.external_id = ledger.external_id
                    OR item.order_id = ledger.id)
            """,
            {"ids": self.ids, "topics": list(OF_ORDERS)},
        )
        self.env.cr.execute(
            """
            UPDATE marketplace_inbox SET payload = NULL
             WHERE id IN (SELECT inbox_id FROM marketplace_return WHERE order_id = ANY(%s))
            """,
            [self.ids],
        )
        self.env.cr.execute(
            """
            UPDATE marketplace_exchange SET request = NULL, response = NULL
             WHERE submission_id IN (
                   SELECT submission_id FROM marketplace_outbox WHERE order_id = ANY(%s))
            """,
            [self.ids],
        )
        self.env["marketplace.inbox"].invalidate_model(["payload"])
        self.env["marketplace.exchange"].invalidate_model(["request", "response"])

    @api.model
    def _remove_old_bodies(self, account, cutoff):
        """What is as old and belongs to no order that is left: calls, and items of the inbox that
        are settled."""
        self.env.cr.execute(
            """
            UPDATE marketplace_exchange SET request = NULL, response = NULL
             WHERE account_id = %s AND started_at < %s
               AND (request IS NOT NULL OR response IS NOT NULL)
            """,
            [account.id, cutoff],
        )
        self.env.cr.execute(
            """
            UPDATE marketplace_inbox SET payload = NULL
             WHERE account_id = %s AND received_at < %s AND payload IS NOT NULL
               AND topic = ANY(%s) AND status IN ('done', 'ignored')
               AND order_id IS NULL
            """,
            [account.id, cutoff, [*OF_ORDERS, "return"]],
        )


def _pattern(words):
    """A pattern of all words, also as HTML writes them; ``None`` when there are none."""
    known = {word.strip() for word in words if word and len(word.strip()) >= SHORTEST}
    known |= {str(escape(word)) for word in known}
    # An odd number of spaces and line ends must not save a text.
    parts = [
        r"\s+".join(re.escape(part) for part in word.split())
        for word in sorted(known, key=len, reverse=True)
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)") if parts else None


def _strike(text, pattern):
    return pattern.sub(GONE, text) if text and pattern else text


def _clean_json(value, pattern):
    """Texts that hold one of the words become empty, however deep they stand."""
    if isinstance(value, dict):
        return {name: _clean_json(item, pattern) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean_json(item, pattern) for item in value]
    if isinstance(value, str) and pattern and pattern.search(value):
        return ""
    return value
