from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from ..tools.inbound import naive
from ..tools.people import phone_tail
from .marketplace_buyer_trace import OF_ORDERS

# Days that the law leaves for an answer.
DAYS = 30
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
