from odoo import api, fields, models
from odoo.tools import SQL

from marketplace_adapters.core.wire import clean

from ..tools.inbound import Quarantine, naive

# Lines written in one statement: few statements, and none of them needs much memory.
CHUNK = 10_000


class MarketplaceSettlement(models.Model):
    """What a channel paid, or is going to pay, for a period: one line for each transaction.

    ::

        open ──the final one came──▶ check    its lines do not add up to the channel's total
         (provisional)             ▶ waiting  adds up; orders of lines are not here, or differ
                                   ▶ done     adds up, and every line is explained

    A later document with the same id takes the place of an earlier one, a final one is never
    replaced by a provisional one. Orders and credit notes that come later are matched later.
    """

    _name = "marketplace.settlement"
    _description = "Marketplace Settlement"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "ended_at desc, id desc"
    _rec_name = "external_id"
    # Whoever sees it may write in its chatter; nobody changes its amounts.
    _mail_post_access = "read"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True, readonly=True
    )
    provider = fields.Selection(related="account_id.provider", store=True, string="Channel")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    external_id = fields.Char("Id on the channel", required=True, readonly=True)
    marketplace = fields.Char(readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    started_at = fields.Datetime("From", readonly=True)
    ended_at = fields.Datetime("To", readonly=True)
    paid_at = fields.Datetime("Paid out", readonly=True)
    provisional = fields.Boolean(
        "Still open", readonly=True, help="The channel still adds to it; the final one follows."
    )
    revision = fields.Char("Version", readonly=True)
    updated_at = fields.Datetime("Changed on the channel", readonly=True)
    total = fields.Monetary("Total on the channel", readonly=True)
    line_total = fields.Monetary("Sum of the lines", readonly=True)
    difference = fields.Monetary(
        readonly=True, help="The channel's own total less the sum of its lines."
    )
    state = fields.Selection(
        [
            ("open", "Still open"),
            ("check", "To check"),
            ("waiting", "Lines to explain"),
            ("done", "Reconciled"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
        string="Status",
        help="Still open: the channel has not closed it. To check: its lines do not add up to its "
        "total. Lines to explain: orders of some lines are not here, or have another amount.",
    )
    line_ids = fields.One2many(
        "marketplace.settlement.line", "settlement_id", readonly=True, string="Lines"
    )
    line_count = fields.Integer("Number of lines", readonly=True)
    problem_count = fields.Integer("Unexplained lines", readonly=True, aggregator="sum")

    _external_unique = models.Constraint(
        "UNIQUE (account_id, external_id)", "This settlement of the channel is already here."
    )

    # === TAKE IN === #

    @api.model
    def _take_in(self, account, message):
        """Store one settlement of the inbox, or say why nothing is to be done.

        :raise Quarantine: a person must decide; nothing was changed then.
        """
        document = message.document
        known = self.search(
            [("account_id", "=", account.id), ("external_id", "=", document.external_id)]
        )
        if known and known.revision == message.revision:
            message.settle("ignored", self.env._("Known already."))
        elif known and document.provisional and not known.provisional:
            message.settle("ignored", self.env._("The final one is here already."))
        elif known and message.moment and known.updated_at and message.moment < known.updated_at:
            message.settle("ignored", self.env._("Older than what we know."))
        else:
            known._check_not_booked()
            settlement = self._store(account, known, message)
            message.settle(
                "done",
                self.env._("%(count)s lines taken in.", count=settlement.line_count),
            )

    def _check_not_booked(self):
        """:raise Quarantine: its journal entry is posted, its lines may not change any more."""

    def _store(self, account, settlement, message):
        """Write a settlement and its lines, and reconcile them."""
        document = message.document
        _check_lines(self.env, document)
        currency = self.env["marketplace.order"]._currency_of(document)
        vals = {
            "external_id": document.external_id,
            "marketplace": document.marketplace,
            "currency_id": currency.id,
            "started_at": naive(document.started_at),
            "ended_at": naive(document.ended_at),
            "paid_at": naive(document.paid_at),
            "provisional": document.provisional,
            "total": float(document.total),
            "revision": message.revision,
            "updated_at": message.moment,
        }
        if settlement:
            settlement.write(vals)
            self.env.cr.execute(
                # By SQL: thousands of lines leave at once, nobody else refers to them.
                "DELETE FROM marketplace_settlement_line WHERE settlement_id = %s",
                [settlement.id],
            )
        else:
            settlement = self.create({"account_id": account.id, **vals})
        settlement._insert_lines(document.lines)
        settlement._reconcile()
        settlement._tell_difference()
        return settlement

    def _insert_lines(self, lines):
        """Write the lines of a settlement.

        By SQL in chunks: the ORM would need minutes for the lines of one large settlement.

        :param lines: of :class:`marketplace_adapters.core.SettlementLine`.
        """
        self.ensure_one()
        self.flush_recordset()
        for start in range(0, len(lines), CHUNK):
            rows = [_row(line) for line in lines[start : start + CHUNK]]
            columns = [list(column) for column in zip(*rows, strict=True)]
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO marketplace_settlement_line
                        (settlement_id, account_id, company_id, currency_id, state, external_id,
                         kind, type, amount, order_external_id, line_external_id, sku, quantity,
                         posted_at, description, marketplace)
                    SELECT %s, %s, %s, %s, 'none', given.*
                      FROM unnest(%s::text[], %s::text[], %s::text[], %s::numeric[], %s::text[],
                                  %s::text[], %s::text[], %s::numeric[], %s::timestamp[],
                                  %s::text[], %s::text[]) AS given
                    """,
                    self.id,
                    self.account_id.id,
                    self.company_id.id,
                    self.currency_id.id,
                    *columns,
                )
            )
        self.env["marketplace.settlement.line"].invalidate_model()
        self.invalidate_recordset()

    def _tell_difference(self):
        """A person must look at a settlement that does not add up; solved once it does."""
        self.ensure_one()
        causes = self.env["marketplace.cause"]
        code = f"settlement_difference:{self.external_id}"
        if self.state != "check":
            causes._solve(self.account_id, [code])
            return
        causes._raise(
            self.account_id,
            code,
            self.env._(
                "Settlement %(settlement)s does not add up: its lines are %(lines)s %(currency)s, "
                "%(account)s says %(total)s.",
                settlement=self.external_id,
                account=self.account_id.name,
                lines=self.line_total,
                total=self.total,
                currency=self.currency_id.name,
            ),
            self.env._(
                "Compare it with the channel's own page: Marketplace, Money, Settlements. It is "
                "not booked before it adds up; a corrected one takes its place by itself."
            ),
            "platform",
        )


class MarketplaceInbox(models.Model):
    _inherit = "marketplace.inbox"

    def _process_topic_settlement(self, account, messages):
        """Settlements, one document at a time."""
        for message in messages:
            account.env["marketplace.settlement"]._take_in(account, message)


def _check_lines(env, document):
    """:raise Quarantine: two lines with one id: one of them would get lost."""
    if len({line.external_id for line in document.lines}) < len(document.lines):
        raise Quarantine(
            "unreadable:settlement_lines",
            env._("Settlement %s has several lines with the same id.", document.external_id),
            env._("Send us the document; replay it after the next update."),
            "suite",
        )


def _row(line):
    """Columns of :meth:`MarketplaceSettlement._insert_lines`, in their order."""
    return (
        clean(line.external_id),
        line.kind.value,
        clean(line.type),
        line.amount,
        clean(line.order_id) or None,
        clean(line.line_id) or None,
        clean(line.sku) or None,
        line.quantity,
        naive(line.posted_at),
        clean(line.description) or None,
        clean(line.marketplace) or None,
    )
