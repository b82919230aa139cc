import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import clock
from ..tools.db import fresh_env, session_lock
from ..tools.faults import log_failure
from .marketplace_buyer import BATCH, OVER

_logger = logging.getLogger(__name__)


class MarketplacePrivacyRequest(models.Model):
    """Carrying out what was asked, and who is told."""

    _inherit = "marketplace.privacy.request"

    # === CARRY OUT === #

    @api.model
    def _cron_carry_out(self):
        """Whatever is to do, each request in transactions of its own; what waits for open orders
        is looked at once more."""
        with session_lock(self.env, "privacy") as held:
            if not held:
                return
            for request in self.search([("state", "in", ["new", "waiting"])], order="id"):
                try:
                    request._carry_out()
                except Exception as exc:
                    # The next one must not wait for it; this one is tried again tomorrow.
                    request._tell_failure(exc)

    def _carry_out(self):
        """In transactions of its own; what was done of it stays done."""
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

    def _tell_failure(self, error):
        log_failure(_logger, error, "privacy request", self.id)
        with fresh_env(self.env) as env:
            own = self.with_env(env)
            own._tell_person(
                env._(
                    "A privacy request could not be carried out (%(error)s). To do by %(date)s.",
                    error=type(error).__name__,
                    date=format_date(env, own.deadline),
                ),
                env._("It is tried again every night. If it stays, send us the server's log."),
            )

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
