import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, format_date

from ..tools import clock
from ..tools.db import fresh_env, session_lock
from ..tools.inbound import naive
from ..tools.people import phone_tail
from .marketplace_buyer import BATCH, OVER
from .marketplace_buyer_trace import OF_ORDERS

# Days that the law leaves for an answer.
DAYS = 30
# A file with a buyer's data leaves so many days after the answer was due.
KEEP_FILE_DAYS = 30
KINDS = [
    ("report", "Tell what is kept"),
    ("forget_buyer", "Forget a buyer"),
    ("forget_shop", "Forget all buyers of the shop"),
]


class MarketplacePrivacyRequest(models.Model):
    """What a platform asked for in a buyer's name, and what was done: the trail that the law wants.

    ::

        new ──cron──▶ done            report: the file waits for a person, who sends it
                 ├──▶ ready ──sent──▶ done
                 └──▶ waiting         orders that are not over keep their buyer until they are
                        └── each night again ──▶ done

    The row itself holds nothing of the person: the channel's number, and which orders were
    concerned. Amounts, taxes and the country stay in the books.
    """

    _name = "marketplace.privacy.request"
    _description = "Privacy Request"
    _inherit = ["mail.thread"]
    _order = "requested_at desc, id desc"
    _rec_name = "external_id"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    provider = fields.Selection(related="account_id.provider", string="Channel")
    external_id = fields.Char("Number on the channel", required=True, readonly=True)
    kind = fields.Selection(KINDS, "Asked for", required=True, readonly=True)
    buyer_id = fields.Char("Buyer's number on the channel", readonly=True)
    requested_at = fields.Datetime("Asked", required=True, readonly=True)
    deadline = fields.Date(
        compute="_compute_deadline", store=True, help="By when the law wants it."
    )
    state = fields.Selection(
        [
            ("new", "To do"),
            ("waiting", "Waits for open orders"),
            ("decide", "A person must decide"),
            ("ready", "The file is ready to be sent"),
            ("done", "Done"),
        ],
        required=True,
        default="new",
        readonly=True,
        index=True,
        tracking=True,
        string="Status",
    )
    order_ids = fields.Many2many(
        "marketplace.order",
        "marketplace_privacy_order_rel",
        "request_id",
        "order_id",
        "Orders concerned",
        readonly=True,
    )
    order_count = fields.Integer("Orders", compute="_compute_order_count")
    done_count = fields.Integer("Buyers removed from orders", readonly=True)
    kept_count = fields.Integer("Orders still open", readonly=True)
    result = fields.Text("What was done", readonly=True)
    done_at = fields.Datetime("Done at", readonly=True)
    done_by_id = fields.Many2one("res.users", "Done by", readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", "File for the buyer", readonly=True, ondelete="set null"
    )

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This request is already here."
    )

    # === COMPUTE METHODS === #

    @api.depends("requested_at")
    def _compute_deadline(self):
        for request in self:
            asked = request.requested_at or fields.Datetime.now()
            request.deadline = (asked + timedelta(days=DAYS)).date()

    @api.depends("order_ids")
    def _compute_order_count(self):
        for request in self:
            request.order_count = len(request.order_ids)

    @api.depends("external_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for request in self:
            request.display_name = f"{kinds.get(request.kind, '')} ({request.external_id})"

    # === RECEIVE === #

    @api.model
    def _take_in(self, account, asked, received_at):
        """Write a request down, once, and have it carried out.

        :param asked: :class:`marketplace_adapters.core.PrivacyRequest`.
        :return: whether it was new.
        """
        if self.search_count(
            [("account_id", "=", account.id), ("external_id", "=", asked.external_id)], limit=1
        ):
            return False
        request = self.create(
            {
                "account_id": account.id,
                "external_id": asked.external_id,
                "kind": asked.kind.value,
                "buyer_id": asked.buyer_id or False,
                "requested_at": naive(asked.requested_at) or received_at.replace(microsecond=0),
            }
        )
        if request.kind != "forget_shop":
            request.order_ids = self._orders_of(account, asked)
        if request.kind == "forget_buyer":
            self._drop_unfinished(account, asked)
        self.env.ref("marketplace.cron_privacy").sudo()._trigger()
        return True

    @api.model
    def _orders_of(self, account, asked):
        """Orders of the buyer here: those that are named, else all that are his."""
        orders = self.env["marketplace.order"]
        own = [("account_id", "=", account.id), ("buyer_removed_at", "=", False)]
        if asked.order_ids:
            return orders.search([*own, ("external_id", "in", list(asked.order_ids))])
        people = self._people_of(account, asked)
        if not people:
            return orders
        return orders.search(
            [
                *own,
                "|",
                ("partner_id", "in", people.ids),
                ("sale_order_id.partner_id", "in", people.ids),
            ]
        )

    def _people_of(self, account, asked):
        """Contacts that the buyer is known as, by number, e-mail or phone."""
        links = self.env["marketplace.partner"].search(
            [("account_id", "=", account.id), ("external_id", "=", asked.buyer_id or "-")]
        )
        people = links.partner_id
        email = email_normalize(asked.email or "")
        if email:
            people |= people.search(
                [
                    ("email_normalized", "=", email),
                    ("company_id", "in", [False, account.company_id.id]),
                ]
            )
        tail = phone_tail(asked.phone)
        if tail and not people:
            people |= people.search(
                [("phone", "!=", False), ("company_id", "=", account.company_id.id)]
            ).filtered(lambda one: phone_tail(one.phone) == tail)
        return people

    def _drop_unfinished(self, account, asked):
        """Documents of his that never became an order: they hold the buyer as well.

        By SQL: the text of a document is looked at where it stands.
        """
        words = [word.lower() for word in (asked.email, asked.phone) if word and len(word) > 5]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE marketplace_inbox
                   SET payload = NULL, cause_id = NULL, message = %s,
                       status = CASE WHEN status IN ('new', 'quarantined', 'error')
                                     THEN 'ignored' ELSE status END
                 WHERE account_id = %s AND order_id IS NULL AND payload IS NOT NULL
                   AND topic = ANY(%s)
                   AND (external_id = ANY(%s) OR EXISTS (
                        SELECT 1 FROM unnest(%s::text[]) AS word (word)
                         WHERE position(word.word IN lower(payload::text)) > 0))
                   AND NOT EXISTS (
                        SELECT 1 FROM marketplace_order ledger
                         WHERE ledger.account_id = %s
                           AND ledger.external_id = marketplace_inbox.external_id)
                """,
                self.env._("The buyer asked to be forgotten."),
                account.id,
                [*OF_ORDERS, "return", "draft"],
                list(asked.order_ids),
                words,
                account.id,
            )
        )
        self.env["marketplace.inbox"].invalidate_model()

    # === CARRY OUT === #

    @api.model
    def _cron_carry_out(self):
        """Whatever is to do, each request in transactions of its own; what waits for open orders
        is looked at once more."""
        with session_lock(self.env, "privacy") as held:
            if not held:
                return
            for request in self.search([("state", "in", ["new", "waiting"])], order="id"):
                request._carry_out()

    def _carry_out(self):
        """:raise Exception: whatever stopped it; the next run tries again."""
        self.ensure_one()
        if self.kind == "report":
            with fresh_env(self.env) as env:
                self.with_env(env)._make_report()
            return
        if self.kind == "forget_shop" and self._is_back() and not self.done_by_id:
            with fresh_env(self.env) as env:
                self.with_env(env)._ask_a_person()
            return
        more = True
        while more:
            with fresh_env(self.env) as env:
                more = self.with_env(env)._forget_batch()
        with fresh_env(self.env) as env:
            self.with_env(env)._finish()

    def _is_back(self):
        """Whether the shop is connected, again or still: its buyers are needed."""
        return self.account_id.state == "connected"

    def _candidates(self):
        """Orders whose buyers are still to be forgotten."""
        if self.kind != "forget_shop":
            return self.order_ids.filtered(lambda order: not order.buyer_removed_at)
        return self.env["marketplace.order"].search(
            [("account_id", "=", self.account_id.id), ("buyer_removed_at", "=", False)], order="id"
        )

    def _forget_batch(self):
        """:return: whether more may be left that can be done now."""
        orders = self._candidates()._closed()[:BATCH]
        if not orders:
            return False
        orders._forget_buyers(self.account_id)
        self.done_count += len(orders)
        if self.kind == "forget_shop":
            self.order_ids |= orders
        return True

    def _finish(self):
        """Done, or waiting for what is open; people hear of the latter, once."""
        left = self._candidates()
        self.kept_count = len(left)
        if left:
            self.state = "waiting"
            self._tell_person(
                self.env._(
                    "Open orders keep the data of a buyer who asked to be forgotten (%(number)s). "
                    "Orders: %(count)s. To do by %(date)s.",
                    number=self.external_id,
                    count=len(left),
                    date=format_date(self.env, self.deadline),
                ),
                self.env._(
                    "Deliver or cancel these orders and settle their invoices: the rest is done by "
                    "itself. Open Marketplace, Configuration, Privacy requests."
                ),
            )
            return
        self._forget_links()
        self._drop_files()
        self._set_done(
            self.env._(
                "Buyers removed from orders: %s. Amounts, taxes and the country stay in the books.",
                self.done_count,
            )
            if self.done_count
            else self.env._("Nothing was kept of this buyer.")
        )

    def _forget_links(self):
        """What is left of the buyer besides orders: a contact that was made for him alone."""
        domain = [("account_id", "=", self.account_id.id), ("external_id", "!=", "anonymous")]
        if self.kind != "forget_shop":
            domain.append(("external_id", "=", self.buyer_id or "-"))
        links = self.env["marketplace.partner"].search(domain)
        engine = self.env.ref("marketplace.user_engine")
        made = links.partner_id.filtered(lambda one: one.create_uid == engine)
        made |= made.with_context(active_test=False).child_ids.filtered(
            lambda one: one.create_uid == engine
        )
        links.unlink()
        free = self.env["marketplace.order"]._free_contacts(made)
        free._make_anonymous(self.account_id)
        if self.kind == "forget_shop":
            self.env["marketplace.order"]._remove_old_bodies(self.account_id, clock.now())

    def _drop_files(self):
        """Files that were made for the same buyers' own requests hold their data."""
        same = self.search(
            [
                ("account_id", "=", self.account_id.id),
                ("kind", "=", "report"),
                ("attachment_id", "!=", False),
                "|",
                ("order_ids", "in", self.order_ids.ids),
                ("buyer_id", "=", self.buyer_id or "-"),
            ]
            if self.kind == "forget_buyer"
            else [("account_id", "=", self.account_id.id), ("attachment_id", "!=", False)]
        )
        same.attachment_id.sudo().unlink()

    def _set_done(self, result):
        self.write(
            {
                "state": "done",
                "result": result,
                "done_at": fields.Datetime.now(),
                "done_by_id": self.done_by_id.id or self.env.uid,
            }
        )
        self.env["marketplace.cause"].sudo()._solve(self.account_id, [self._code()])

    # === PEOPLE === #

    def _code(self):
        return f"privacy:{self.id}"

    def _tell_person(self, title, advice):
        """Once: what was said is not said again every night."""
        causes = self.env["marketplace.cause"].sudo()
        known = [("account_id", "=", self.account_id.id), ("code", "=", self._code())]
        if not causes.search_count(known, limit=1):
            causes._raise(self.account_id, self._code(), title, advice)

    def _ask_a_person(self):
        self.state = "decide"
        self._tell_person(
            self.env._(
                "%(account)s asks to forget all buyers because it was disconnected, but it is "
                "connected again. To decide by %(date)s.",
                account=self.account_id.name,
                date=format_date(self.env, self.deadline),
            ),
            self.env._(
                "Open Marketplace, Configuration, Privacy requests: carry it out, or dismiss it."
            ),
        )

    def action_carry_out(self):
        """A manager has it done now, also where unpaid invoices made it wait; open deliveries keep
        their buyer until they left."""
        self._check_manager()
        for request in self.sudo().filtered(lambda one: one.state in ("new", "waiting", "decide")):
            request.done_by_id = self.env.uid
            if request.state == "decide":
                request.state = "new"
            if request.kind == "report":
                request._make_report()
                continue
            while request.with_context(marketplace_unpaid_too=True)._forget_batch():
                pass
            request._finish()

    def action_sent(self):
        """The buyer has the file."""
        self._check_manager()
        for request in self.sudo().filtered(lambda one: one.state == "ready"):
            request.done_by_id = self.env.uid
            request._set_done(self.env._("The file was sent to the buyer."))

    def action_dismiss(self):
        """A manager decided that nothing is to be done, e.g. because the shop is back."""
        self._check_manager()
        for request in self.sudo().filtered(lambda one: one.state != "done"):
            request.done_by_id = self.env.uid
            request._set_done(self.env._("Dismissed by %s.", self.env.user.name))

    def _check_manager(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("marketplace.group_manager"):
            raise UserError(self.env._("Only a manager of the marketplace may do this."))

    # === REPORT === #

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


class MarketplaceOrder(models.Model):
    """Orders of buyers who want to be forgotten."""

    _inherit = "marketplace.order"

    def _closed(self):
        """Of these orders, those that need their buyer no more: nothing is to be delivered, and no
        invoice waits for its money.

        By SQL: transfers and invoices of thousands of orders in one statement.
        """
        if not self:
            return self
        unpaid_too = bool(self.env.context.get("marketplace_unpaid_too"))
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT ledger.id
              FROM marketplace_order ledger
              LEFT JOIN sale_order sale ON sale.id = ledger.sale_order_id
             WHERE ledger.id = ANY(%(ids)s)
               AND (sale.id IS NULL OR ledger.status = ANY(%(over)s) OR sale.state = 'cancel'
                    OR sale.delivery_status = 'full')
               AND NOT EXISTS (
                   SELECT 1 FROM stock_picking picking
                     JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
                    WHERE picking.sale_id = sale.id AND kind.code IN ('outgoing', 'dropship')
                      AND picking.state NOT IN ('done', 'cancel'))
               AND (%(unpaid)s OR NOT EXISTS (
                   SELECT 1 FROM sale_order_line sold
                     JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
                     JOIN account_move_line billed ON billed.id = rel.invoice_line_id
                     JOIN account_move move ON move.id = billed.move_id
                    WHERE sold.order_id = sale.id
                      AND (move.state = 'draft' OR move.state = 'posted'
                           AND move.payment_state IN ('not_paid', 'partial'))))
             ORDER BY ledger.id
            """,
            {"ids": self.ids, "over": list(OVER), "unpaid": unpaid_too},
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])


class MarketplaceInbox(models.Model):
    """What platforms ask for in the name of buyers."""

    _inherit = "marketplace.inbox"

    def _process_topic_privacy(self, account, messages):
        """:attr:`document` is a :class:`marketplace_adapters.core.PrivacyRequest`. The message
        itself is not kept: it holds the person."""
        requests = self.env["marketplace.privacy.request"]
        for message in messages:
            if requests._take_in(account, message.document, message.received_at):
                message.settle("done")
            else:
                message.settle("ignored", self.env._("This request is already here."))
        self.browse([message.id for message in messages]).write({"payload": False})


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
