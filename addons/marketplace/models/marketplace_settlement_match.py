from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.misc import formatLang

# What a buyer pays for an order; refunds stand beside it.
SALE_KINDS = ("sale", "shipping", "tax", "discount")
# Settlements that are not explained are looked at every day for so long.
MATCH_DAYS = 180
_BARS = {"fee": "bg-warning", "refund": "bg-danger", "transfer": "bg-secondary"}


class MarketplaceSettlement(models.Model):
    """What the lines of settlements are about, and whether it agrees with what is here.

    All of it is set-based SQL: a constant number of statements, whatever the number of lines.
    """

    _inherit = "marketplace.settlement"

    summary = fields.Html(compute="_compute_summary", sanitize=False, string="By kind")

    # === COMPUTE METHODS === #

    def _compute_summary(self):
        """A drawn table of the amounts by kind."""
        groups = {}
        for settlement, kind, amount, count in self.env["marketplace.settlement.line"]._read_group(
            [("settlement_id", "in", self.ids)],
            ["settlement_id", "kind"],
            ["amount:sum", "__count"],
        ):
            groups.setdefault(settlement.id, []).append((kind, amount, count))
        field = self.env["marketplace.settlement.line"]._fields["kind"]
        labels = dict(field._description_selection(self.env))
        for settlement in self:
            rows = groups.get(settlement._origin.id, [])
            rows.sort(key=lambda row: list(labels).index(row[0]))
            settlement.summary = settlement._drawn(rows, labels) if rows else False

    def _drawn(self, rows, labels):
        most = max(abs(amount) for _kind, amount, _count in rows) or 1.0
        cells = Markup().join(
            Markup(
                '<tr><td class="text-nowrap">%(label)s</td>'
                '<td class="text-end text-muted">%(count)s</td>'
                '<td class="w-50 align-middle"><div class="progress" role="img" '
                'aria-label="%(amount)s"><div class="progress-bar %(colour)s" '
                'style="width: %(width).1f%%"></div></div></td>'
                '<td class="text-end text-nowrap" dir="ltr">%(amount)s</td></tr>'
            )
            % {
                "label": labels[kind],
                "count": count,
                "colour": _BARS.get(kind, "bg-success" if amount >= 0 else "bg-warning"),
                "width": 100.0 * abs(amount) / most,
                "amount": formatLang(self.env, amount, currency_obj=self.currency_id),
            }
            for kind, amount, count in rows
        )
        return Markup('<table class="table table-sm mb-0"><tbody>%s</tbody></table>') % cells

    # === RECONCILE === #

    def _reconcile(self):
        """Link the lines with orders and documents, and judge lines and settlements.

        Orders that several settlements speak of are judged by all of them together, so other
        settlements of these orders are judged anew as well.
        """
        if not self:
            return
        self.env.flush_all()
        self._link_orders()
        self._link_documents()
        others = self._judge_lines()
        (self | others)._judge()
        self.env["marketplace.settlement.line"].invalidate_model()
        self.env["marketplace.settlement"].invalidate_model()

    def _link_orders(self):
        """By SQL: all lines at once, by the channel's order id."""
        self.env.cr.execute(
            """
            UPDATE marketplace_settlement_line line SET order_id = ledger.id
              FROM marketplace_order ledger
             WHERE line.settlement_id = ANY(%s) AND line.order_id IS NULL
               AND ledger.account_id = line.account_id
               AND ledger.external_id = line.order_external_id
            """,
            [self.ids],
        )

    def _link_documents(self):
        """The newest invoice of an order for what was paid, its newest credit note for refunds.

        By SQL: all lines at once, through the lines of sales orders.
        """
        self.env.cr.execute(
            """
            WITH wanted AS (
                SELECT DISTINCT ledger.id AS order_id, ledger.sale_order_id
                  FROM marketplace_settlement_line line
                  JOIN marketplace_order ledger ON ledger.id = line.order_id
                 WHERE line.settlement_id = ANY(%(ids)s) AND ledger.sale_order_id IS NOT NULL),
            document AS (
                SELECT wanted.order_id, move.move_type, max(move.id) AS move_id
                  FROM wanted
                  JOIN sale_order_line sold ON sold.order_id = wanted.sale_order_id
                  JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
                  JOIN account_move_line billed ON billed.id = rel.invoice_line_id
                  JOIN account_move move ON move.id = billed.move_id
                 WHERE move.move_type IN ('out_invoice', 'out_refund') AND move.state != 'cancel'
                 GROUP BY wanted.order_id, move.move_type)
            UPDATE marketplace_settlement_line line SET move_id = found.move_id
              FROM (SELECT own.id, document.move_id
                      FROM marketplace_settlement_line own
                      LEFT JOIN document ON document.order_id = own.order_id
                       AND document.move_type =
                           CASE own.kind WHEN 'refund' THEN 'out_refund' ELSE 'out_invoice' END
                     WHERE own.settlement_id = ANY(%(ids)s) AND own.order_id IS NOT NULL
                       AND own.kind = ANY(%(kinds)s)) found
             WHERE line.id = found.id AND line.move_id IS DISTINCT FROM found.move_id
            """,
            {"ids": self.ids, "kinds": [*SALE_KINDS, "refund"]},
        )

    def _judge_lines(self):
        """Set the status of these settlements' lines, and of all other lines of their orders.

        What a channel settled of an order is compared with the order's total there, once with and
        once without tax that the channel keeps (a negative tax): some totals hold it, some do not.
        What it refunded is compared with the credit notes. The account's tolerance counts. Lines
        of settlements that are still open count for themselves alone.

        By SQL: the sums of thousands of orders are compared in one statement.

        :return: other settlements that have lines of the same orders.
        """
        self.env.cr.execute(
            """
            WITH touched AS (
                SELECT DISTINCT order_id FROM marketplace_settlement_line
                 WHERE settlement_id = ANY(%(ids)s) AND order_id IS NOT NULL),
            settled AS (
                SELECT line.order_id, scope.provisional,
                       sum(line.amount) FILTER (WHERE line.kind = ANY(%(sale)s)) AS net,
                       sum(line.amount) FILTER (
                           WHERE line.kind = ANY(%(sale)s)
                             AND NOT (line.kind = 'tax' AND line.amount < 0)) AS gross,
                       sum(line.amount) FILTER (WHERE line.kind = 'refund') AS refunded,
                       count(DISTINCT line.currency_id) AS currencies,
                       min(line.currency_id) AS currency_id
                  FROM marketplace_settlement_line line
                  JOIN touched ON touched.order_id = line.order_id
                  JOIN marketplace_settlement document ON document.id = line.settlement_id
                 CROSS JOIN (VALUES (false), (true)) scope (provisional)
                 WHERE scope.provisional OR NOT document.provisional
                 GROUP BY line.order_id, scope.provisional),
            credited AS (
                SELECT note.order_id, sum(note.amount_total) AS amount
                  FROM (SELECT DISTINCT touched.order_id, move.id, move.amount_total
                          FROM touched
                          JOIN marketplace_order ledger ON ledger.id = touched.order_id
                          JOIN sale_order_line sold ON sold.order_id = ledger.sale_order_id
                          JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
                          JOIN account_move_line billed ON billed.id = rel.invoice_line_id
                          JOIN account_move move ON move.id = billed.move_id
                         WHERE move.move_type = 'out_refund' AND move.state != 'cancel') note
                 GROUP BY note.order_id),
            verdict AS (
                SELECT settled.order_id, settled.provisional,
                       settled.currencies = 1 AND settled.currency_id = ledger.currency_id
                       AND least(abs(settled.net - ledger.total),
                                 abs(settled.gross - ledger.total)) <= limits.most AS paid,
                       abs(settled.refunded + coalesce(credited.amount, 0)) <= limits.most
                           AS refunded
                  FROM settled
                  JOIN marketplace_order ledger ON ledger.id = settled.order_id
                  JOIN marketplace_account account ON account.id = ledger.account_id
                  JOIN res_currency currency ON currency.id = settled.currency_id
                  LEFT JOIN credited ON credited.order_id = settled.order_id
                 CROSS JOIN LATERAL (SELECT greatest(coalesce(account.total_tolerance, 0),
                                                     currency.rounding / 2) AS most) limits)
            UPDATE marketplace_settlement_line line SET state = judged.state
              FROM (SELECT own.id,
                           CASE WHEN own.order_id IS NULL AND own.order_external_id IS NOT NULL
                                     THEN 'unknown'
                                WHEN own.kind = 'fee' THEN 'fee'
                                WHEN own.order_id IS NULL THEN 'none'
                                WHEN own.kind = ANY(%(sale)s)
                                     THEN CASE WHEN verdict.paid THEN 'matched' ELSE 'differs' END
                                WHEN own.kind = 'refund'
                                     THEN CASE WHEN verdict.refunded THEN 'matched'
                                               ELSE 'differs' END
                                ELSE 'matched' END AS state
                      FROM marketplace_settlement_line own
                      JOIN marketplace_settlement document ON document.id = own.settlement_id
                      LEFT JOIN verdict ON verdict.order_id = own.order_id
                       AND verdict.provisional = coalesce(document.provisional, false)
                     WHERE own.settlement_id = ANY(%(ids)s)
                        OR own.order_id IN (SELECT order_id FROM touched)) judged
             WHERE line.id = judged.id AND line.state != judged.state
         RETURNING line.settlement_id
            """,
            {"ids": self.ids, "sale": list(SALE_KINDS)},
        )
        return self.browse({row[0] for row in self.env.cr.fetchall()}) - self

    def _judge(self):
        """Sums, counts and status of settlements from their lines.

        By SQL: one statement for all of them, and the sums are exact there.
        """
        self.env.cr.execute(
            """
            UPDATE marketplace_settlement settlement
               SET line_count = counted.number, problem_count = counted.problems,
                   line_total = counted.amount, difference = settlement.total - counted.amount,
                   state = CASE WHEN settlement.provisional THEN 'open'
                                WHEN settlement.total != counted.amount THEN 'check'
                                WHEN counted.problems > 0 THEN 'waiting'
                                ELSE 'done' END
              FROM (SELECT one.id, count(line.id) AS number,
                           coalesce(sum(line.amount), 0) AS amount,
                           count(line.id) FILTER (WHERE line.state IN ('unknown', 'differs'))
                               AS problems
                      FROM unnest(%s::int[]) AS one (id)
                      LEFT JOIN marketplace_settlement_line line ON line.settlement_id = one.id
                     GROUP BY one.id) counted
             WHERE settlement.id = counted.id
            """,
            [self.ids],
        )

    # === LATER === #

    @api.model
    def _orders_arrived(self, orders):
        """Orders are here now: lines that waited for them are matched.

        By SQL: one look at a partial index, almost always without a result.
        """
        if not orders:
            return
        self.env.cr.execute(
            """
            SELECT DISTINCT settlement_id FROM marketplace_settlement_line
             WHERE state = 'unknown' AND account_id = ANY(%s) AND order_external_id = ANY(%s)
            """,
            [orders.account_id.ids, orders.mapped("external_id")],
        )
        self.sudo().browse([row[0] for row in self.env.cr.fetchall()])._reconcile()

    @api.model
    def _cron_match(self):
        """Every day: credit notes and invoices that were made meanwhile explain lines."""
        self.search(
            [
                ("state", "=", "waiting"),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=MATCH_DAYS)),
            ]
        )._reconcile()

    # === ACTIONS === #

    def action_match(self):
        """Match the lines once more, e.g. after a credit note was made."""
        self.check_access("read")
        self.sudo()._reconcile()

    def action_open_lines(self):
        """The lines; with ``problems`` in the context only those that are not explained."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("marketplace.action_settlement_line")
        action["domain"] = [("settlement_id", "=", self.id)]
        problems = self.env.context.get("problems")
        action["context"] = {"search_default_problem": 1} if problems else {}
        return action


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    settlement_line_ids = fields.One2many(
        "marketplace.settlement.line", "order_id", readonly=True, string="Settled"
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override to match settlements that came before their orders."""
        orders = super().create(vals_list)
        self.env["marketplace.settlement"]._orders_arrived(orders)
        return orders
