from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command

from marketplace_adapters.core import Kind

from ..const import PRIORITY
from ..tools.inbound import Message, Quarantine, naive
from ..tools.pricing import Pricer


@dataclass(slots=True)
class Draft:
    """One order on its way to become a sales order."""

    message: Message
    ledger: Any
    currency: Any
    mode: str
    lines: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    parties: Any = None
    position: Any = None

    @property
    def order(self):
        """The neutral order."""
        return self.message.order


@dataclass(slots=True)
class LinePlan:
    """One line on its way: what is sold here, how much of it, at which price of the channel.

    :param uom: unit of the sales order line.
    :param quantity: in that unit.
    :param price: what one of that unit costs on the channel.
    :param pieces: product's own units in one unit of the channel.
    """

    line: Any
    listing: Any
    product: Any
    uom: Any
    quantity: float
    price: float
    pieces: float
    included: bool


class MarketplaceOrder(models.Model):
    """New orders: neutral order → sales order and ledger row, a whole batch at once."""

    _inherit = "marketplace.order"

    @api.model
    def _import(self, account, fresh):
        """Create sales orders for documents that have none.

        :param fresh: list of (message, ledger or empty); their outcome is set here.
        :return: ledger rows of what was created.
        """
        drafts = self._plan(account, fresh)
        if not drafts:
            return self.browse()
        self._link_listings(account, drafts)
        pricer = Pricer(self.env, account.company_id)
        parties = self.env["marketplace.partner"]._resolve(
            account, [draft.order for draft in drafts]
        )
        for draft, party in zip(drafts, parties, strict=True):
            draft.parties = party
            draft.position = pricer.fiscal_position(party.partner, party.shipping)
        sales = self.env["sale.order"].create(
            [self._sale_vals(account, draft, pricer) for draft in drafts]
        )
        for draft, sale in zip(drafts, sales, strict=True):
            self._check_total(account, draft, sale, pricer)
        ledgers = self._write_ledger(account, drafts, sales)
        to_confirm = sales.browse(
            [
                sale.id
                for draft, sale in zip(drafts, sales, strict=True)
                if draft.mode == "full" and self._confirms(account, draft.order)
            ]
        )
        if to_confirm:
            to_confirm.action_confirm()
        self._note_import(account, drafts, sales)
        ledgers._acknowledge_import(account)
        self.env["marketplace.inbox"]._wake_status_of(
            account, [ledger.external_id for ledger in ledgers]
        )
        for draft, ledger, sale in zip(drafts, ledgers, sales, strict=True):
            draft.message.settle("done", self.env._("Became %s.", sale.name), ledger)
        return ledgers

    @api.model
    def _confirms(self, account, order):
        """Whether an order of mode full is confirmed now."""
        return account.confirm_on == "received" or order.status.value != "pending"

    # === PLAN: NOTHING IS WRITTEN === #

    def _plan(self, account, fresh):
        """Find products and check sums; orders that cannot go on are set aside here."""
        lines = [line for message, _ledger in fresh for line in message.order.lines]
        matches = iter(self.env["marketplace.order.line"]._match(account, lines))
        drafts = []
        for message, ledger in fresh:
            own = [(line, next(matches)) for line in message.order.lines]
            try:
                drafts.append(self._plan_order(account, message, ledger, own))
            except Quarantine as exc:
                message.hold(exc)
        return drafts

    def _plan_order(self, account, message, ledger, matched):
        order = message.order
        draft = Draft(
            message, ledger, self._currency_of(order), self._mode_for(account, order)
        )
        for line, match in matched:
            plan = self._plan_line(account, order, line, match)
            if plan is None:
                draft.skipped.append(line)
            else:
                draft.lines.append(plan)
        if not any(plan.line.kind == "product" for plan in draft.lines):
            raise Quarantine(
                "empty_order",
                self.env._("Order %s has no line with a known product.", order.number),
                self.env._("Link the products on the account's listings, then press Retry."),
            )
        self._check_sum(account, draft)
        return draft

    def _mode_for(self, account, order):
        """The account's mode; what was over before it was live is only to be seen."""
        over = order.status.value in ("shipped", "delivered")
        placed = naive(order.placed_at)
        if over and placed and account.live_since and placed < account.live_since:
            return "visibility"
        return self._order_mode(account, order)

    def _plan_line(self, account, order, line, match):
        """:return: ``None`` for a line that the account's policy leaves out."""
        if line.quantity < 0:
            raise Quarantine(
                "bad_quantity",
                self.env._("Order %s has a line with a negative quantity.", order.number),
                self.env._("Correct it on the channel, or enter this order by hand."),
                "platform",
            )
        included = line.tax_included and account.price_tax != "excluded"
        if line.kind != "product":
            product = self._product_for(account, line)
            return LinePlan(
                line, match.listing, product, product.uom_id, float(line.quantity),
                float(line.unit_price), 1.0, included,
            )
        if not match.product or match.ambiguous:
            if account.unknown_line == "skip":
                return None
            raise self._unknown_product(line, match)
        uom, factor, pieces = self._unit_of(match, line)
        return LinePlan(
            line, match.listing, match.product, uom, float(line.quantity * factor),
            float(line.unit_price / factor), pieces, included,
        )

    def _product_for(self, account, line):
        product = account._product_of(line.kind)
        if not product:
            raise Quarantine(
                f"no_product_for:{line.kind}",
                self.env._("Orders have %s lines, but no product is set for them.", line.kind),
                self.env._("Open the account, Orders, and choose a service for them."),
            )
        return product

    def _unknown_product(self, line, match):
        key = line.listing
        identifier = key.external_id or key.sku or key.internal_id or key.barcode or line.name
        if match.ambiguous:
            return Quarantine(
                f"unknown_product:{identifier}",
                self.env._(
                    "%(product)s (%(identifier)s) could be %(count)s different products.",
                    product=line.name, identifier=identifier, count=match.ambiguous,
                ),
                self.env._("Open Listings and give the right one this external id."),
            )
        if match.listing:
            return Quarantine(
                f"unknown_product:{identifier}",
                self.env._(
                    "The listing of %(product)s (%(identifier)s) has no product.",
                    product=line.name, identifier=identifier,
                ),
                self.env._("Open that listing and choose its product."),
            )
        return Quarantine(
            f"unknown_product:{identifier}",
            self.env._(
                "The product %(product)s (%(identifier)s) is not linked.",
                product=line.name, identifier=identifier,
            ),
            self.env._(
                "Open Listings, create one for your product with external id or SKU %s. "
                "The orders that wait for it go on by themselves.",
                identifier,
            ),
        )

    def _unit_of(self, match, line):
        """Unit of the sales order line, how many of it are one unit of the channel, and pieces.

        The listing's unit, unless the channel says another number of pieces: then a unit of the
        product with that number, else pieces.
        """
        product = match.product
        listed = match.listing.unit_count if match.listing else 1.0
        listed_uom = match.listing.uom_id or product.uom_id
        sold = line.unit_count
        if sold <= 1 or abs(listed - sold) < 1e-6:
            return listed_uom, 1, listed
        for uom in product.uom_ids:
            if abs(uom.factor / product.uom_id.factor - sold) < 1e-6:
                return uom, 1, float(sold)
        return product.uom_id, sold, float(sold)

    def _check_sum(self, account, draft):
        """The lines of the channel must add up to its total, before anything is created."""
        order = draft.order
        if order.total is None or not all(plan.included for plan in draft.lines):
            return
        if any(not line.tax_included for line in draft.skipped):
            return
        amount = sum((line.quantity * line.unit_price for line in order.lines), Decimal())
        difference = float(order.total - amount)
        if abs(difference) > account.total_tolerance + 1e-9:
            raise Quarantine(
                "total_mismatch",
                self.env._(
                    "Order %(number)s: its lines add up to %(lines)s %(currency)s, "
                    "the channel says %(total)s.",
                    number=order.number, lines=draft.currency.round(float(amount)),
                    total=order.total, currency=order.currency,
                ),
                _comparison(draft, None)
                + "\n"
                + self.env._(
                    "Look at the order on the channel: a fee or a discount may be missing. "
                    "Raise the tolerance on the account, or enter this order by hand."
                ),
                "platform",
            )

    # === CREATE === #

    def _link_listings(self, account, drafts):
        """Keep what the orders taught: external ids of listings found otherwise, and listings for
        products found by SKU or barcode."""
        create, learned = {}, {}
        for plan in (plan for draft in drafts for plan in draft.lines):
            external_id = plan.line.listing.external_id
            if plan.line.kind != "product" or not external_id:
                continue
            if not plan.listing:
                create.setdefault(plan.product.id, []).append(plan)
            elif not plan.listing.external_id:
                learned.setdefault(plan.listing, external_id)
        for listing, external_id in learned.items():
            listing._learn({"external_id": external_id})
        if not create:
            return
        listed = self.env["marketplace.listing"].with_context(active_test=False).search(
            [("account_id", "=", account.id), ("product_id", "in", list(create))]
        )
        by_product = {listing.product_id.id: listing for listing in listed}
        missing = [plans[0] for product, plans in create.items() if product not in by_product]
        created = self.env["marketplace.listing"].create(
            [
                {
                    "account_id": account.id,
                    "product_id": plan.product.id,
                    "external_id": plan.line.listing.external_id,
                    "title": plan.line.name,
                }
                for plan in missing
            ]
        )
        by_product.update({listing.product_id.id: listing for listing in created})
        for product, plans in create.items():
            for plan in plans:
                plan.listing = by_product[product]

    def _sale_vals(self, account, draft, pricer):
        """Values of the sales order; a provider adds its own fields."""
        order, parties = draft.order, draft.parties
        pricelist = account.pricelist_id
        vals = {
            "company_id": account.company_id.id,
            "partner_id": parties.partner.id,
            "partner_invoice_id": parties.invoice.id,
            "partner_shipping_id": parties.shipping.id,
            "fiscal_position_id": draft.position.id,
            # A pricelist dictates the currency of its orders; without one the channel's counts.
            "pricelist_id": pricelist.id if pricelist.currency_id == draft.currency else False,
            "marketplace_currency_id": draft.currency.id,
            "client_order_ref": order.number,
            "origin": account.name,
            "warehouse_id": self._warehouse_for(account, order).id,
            "user_id": account.user_id.id or parties.partner.user_id.id,
            "require_signature": False,
            "require_payment": False,
            "order_line": [
                Command.create({**self._line_vals(account, draft, plan, pricer), "sequence": place})
                for place, plan in enumerate(draft.lines, start=10)
                if plan.quantity or plan.line.kind != "product"
            ],
        }
        if order.placed_at:
            vals["date_order"] = naive(order.placed_at)
        if account.team_id:
            vals["team_id"] = account.team_id.id
        if account.payment_term_id:
            vals["payment_term_id"] = account.payment_term_id.id
        if order.requested_delivery:
            # Noon: the same day in every time zone that sells.
            vals["commitment_date"] = f"{order.requested_delivery.isoformat()} 12:00:00"
        return vals

    @api.model
    def _warehouse_for(self, account, order):
        """Which warehouse delivers; a provider whose channel stores the goods knows another."""
        return account.warehouse_id

    def _line_vals(self, account, draft, plan, pricer):
        """Values of one sales order line; a provider adds its own fields."""
        taxes = pricer.taxes(plan.product, draft.position)
        price = pricer.price_unit(
            taxes, plan.product, plan.price, plan.quantity, plan.included
        )
        vals = {
            "product_id": plan.product.id,
            "product_uom_id": plan.uom.id,
            "product_uom_qty": plan.quantity,
            "price_unit": price,
            # Any other value than the price says that a person set it: Odoo then never replaces
            # it by a pricelist's. Zero is a price as well.
            "technical_price_unit": 0.0 if price else -1.0,
            "discount": 0.0,
            "tax_ids": [Command.set(taxes.ids)],
            "name": self._line_text(draft, plan),
        }
        if plan.line.kind == "shipping":
            vals["is_delivery"] = True
        return vals

    def _line_text(self, draft, plan):
        """The product's own description; what the channel adds stands below it."""
        line = plan.line
        if line.kind != "product":
            parts = [line.name or plan.product.display_name]
        else:
            lang = draft.parties.partner.lang or self.env.lang
            product = plan.product.with_context(lang=lang)
            parts = [product.get_product_multiline_description_sale()]
        for discount in line.discounts:
            label = discount.label or (
                self.env._("Discount of the channel")
                if discount.by == "channel"
                else self.env._("Discount")
            )
            parts.append(f"{label}: {discount.amount} {draft.order.currency}")
        if line.comment:
            parts.append(line.comment)
        return "\n".join(parts)

    # === TOTALS === #

    def _check_total(self, account, draft, sale, pricer):
        """Compare to the cent; a difference within the tolerance becomes one line of its own.

        :raise Quarantine: above it, with the comparison of every line.
        """
        if draft.order.total is None:
            return
        difference = draft.currency.round(
            float(self._expected_total(draft)) - self._comparable_total(account, draft, sale)
        )
        if not difference:
            return
        converted = sum(
            pricer.converts(pricer.taxes(plan.product, draft.position), plan.included)
            for plan in draft.lines
        )
        # Prices that had to be computed back from gross may each cost a unit of rounding.
        allowed = max(account.total_tolerance, converted * draft.currency.rounding)
        if abs(difference) > allowed + 1e-9:
            raise self._total_mismatch(draft, sale, difference)
        self._add_rounding(account, sale, difference)

    def _expected_total(self, draft):
        skipped = sum((line.quantity * line.unit_price for line in draft.skipped), Decimal())
        return draft.order.total - skipped

    def _comparable_total(self, account, draft, sale):
        """What the channel's total corresponds to: net where it sells net and states no tax."""
        net = account.price_tax == "excluded" and not any(
            plan.line.tax for plan in draft.lines
        )
        return sale.amount_untaxed if net else sale.amount_total

    def _total_mismatch(self, draft, sale, difference):
        order = draft.order
        return Quarantine(
            "total_mismatch",
            self.env._(
                "Order %(number)s: the channel says %(channel)s %(currency)s, "
                "Odoo comes to %(odoo)s.",
                number=order.number, channel=order.total, currency=order.currency,
                odoo=sale.currency_id.round(sale.amount_total),
            ),
            _comparison(draft, sale)
            + "\n"
            + self.env._(
                "Look at the taxes of these products, or raise the tolerance on the account; "
                "then press Retry."
            ),
        )

    def _add_rounding(self, account, sale, difference):
        rounding = sale.order_line.filtered(
            lambda line: line.product_id == account.rounding_product_id
        )
        if rounding:
            rounding[0].price_unit += difference
            return
        if not account.rounding_product_id:
            raise Quarantine(
                "no_rounding_product",
                self.env._("A rounding difference has no product to be booked on."),
                self.env._("Open the account, Orders, and choose a rounding product."),
            )
        self.env["sale.order.line"].create(
            {
                "order_id": sale.id,
                "product_id": account.rounding_product_id.id,
                "product_uom_qty": 1.0,
                "price_unit": difference,
                "discount": 0.0,
                "tax_ids": [Command.clear()],
                "sequence": 1_000_000,
            }
        )

    # === LEDGER === #

    def _write_ledger(self, account, drafts, sales):
        rows = []
        for draft, sale in zip(drafts, sales, strict=True):
            vals = {
                **self._ledger_vals(draft.message, draft.currency),
                "sale_order_id": sale.id,
                "partner_id": draft.parties.partner.id,
                "hands_off": draft.mode == "visibility",
                "line_ids": self._ledger_lines(draft, sale),
            }
            if draft.order.total is None:
                vals["total"] = sale.amount_total
                vals["cash_to_collect"] = _cash(draft.order, Decimal(str(sale.amount_total)))
            rows.append(vals)
        create = [
            {"account_id": account.id, **vals}
            for draft, vals in zip(drafts, rows, strict=True)
            if not draft.ledger
        ]
        created = iter(self.create(create))
        ledgers = []
        for draft, vals in zip(drafts, rows, strict=True):
            if draft.ledger:
                draft.ledger.line_ids.unlink()
                draft.ledger.write(vals)
            ledgers.append(draft.ledger or next(created))
        return self.concat(*ledgers)

    @api.model
    def _ledger_vals(self, message, currency):
        """What the ledger keeps of a document, without the lines."""
        order = message.order
        return {
            **self._ledger_state(message),
            "external_id": order.external_id,
            "number": order.number or order.external_id,
            "fulfilment": order.fulfilment,
            "currency_id": currency.id,
            "total": float(order.total or 0),
            "cash_to_collect": _cash(order, order.total or Decimal()),
            "payments": [
                {
                    "kind": payment.kind,
                    "amount": str(payment.amount),
                    "sign": payment.sign,
                    "label": payment.label,
                }
                for payment in order.payments
            ],
            "otp_required": order.otp_required,
            "requested_delivery": order.requested_delivery,
            "placed_at": naive(order.placed_at),
            "extra": dict(order.extra),
            "note": order.note,
        }

    @api.model
    def _ledger_state(self, message):
        """What the ledger keeps of where the order stands on the channel."""
        order = message.order
        vals = {
            "status": order.status.value,
            "raw_status": order.raw_status,
            "revision": message.revision,
            "event_at": message.received_at,
        }
        if message.moment:
            vals["updated_at"] = message.moment
        if order.cancel_reason:
            vals["cancel_reason"] = order.cancel_reason
        return vals

    def _ledger_lines(self, draft, sale):
        """One row for each line of the channel, linked with the line it became."""
        sale_lines = iter(sale.order_line.sorted(lambda line: (line.sequence, line.id)))
        commands = []
        for plan in draft.lines:
            kept = plan.quantity or plan.line.kind != "product"
            commands.append(
                Command.create(self._ledger_line_vals(plan, next(sale_lines) if kept else None))
            )
        return commands

    @api.model
    def _ledger_line_vals(self, plan, sale_line):
        line = plan.line
        discounts = {"seller": Decimal(), "channel": Decimal()}
        for discount in line.discounts:
            discounts["channel" if discount.by == "channel" else "seller"] += discount.amount
        return {
            "external_id": line.external_id,
            "listing_id": plan.listing.id,
            "sale_line_id": sale_line.id if sale_line else False,
            "title": line.name,
            "quantity": float(line.quantity),
            "unit_price": float(line.unit_price),
            "unit": line.unit,
            "unit_count": line.unit_count,
            "pieces": plan.pieces,
            "sale_price": sale_line.price_unit if sale_line else 0.0,
            "seller_discount": float(discounts["seller"]),
            "channel_discount": float(discounts["channel"]),
            "comment": line.comment,
        }

    # === AFTERWARDS === #

    def _note_import(self, account, drafts, sales):
        """One message on each sales order: where it comes from, and what was left out."""
        bodies = {}
        for draft, sale in zip(drafts, sales, strict=True):
            parts = [
                self.env._(
                    "Order %(number)s of %(account)s.",
                    number=draft.order.number, account=account.name,
                )
            ]
            if draft.mode == "visibility":
                parts.append(self.env._("Imported to be seen: it reserves and delivers nothing."))
            for line in draft.skipped:
                parts.append(
                    self.env._(
                        "Left out, because its product is not linked: %(quantity)s × %(name)s "
                        "(%(id)s).",
                        quantity=line.quantity, name=line.name,
                        id=line.listing.external_id or line.listing.sku or line.external_id,
                    )
                )
            for note in (draft.order.buyer.note, draft.order.note):
                if note:
                    parts.append(self.env._("Note of the buyer: %s", note))
            bodies[sale.id] = Markup("<br/>").join(parts)
        sales._message_log_batch(bodies=bodies)

    def _acknowledge_import(self, account):
        """Tell the channel that we have these orders, once this transaction is committed.

        By SQL: the key makes it once for each revision, whatever else happens.
        """
        lane = account._limits().lane(Kind.ACKNOWLEDGE)
        if lane is None or not self:
            return
        self.flush_recordset()
        self.env.cr.execute(
            """
            INSERT INTO marketplace_outbox
                (account_id, kind, lane, order_id, res_model, res_id, key, status, status_at,
                 priority, attempts, created_at)
            SELECT account_id, 'acknowledge', %(lane)s, id, 'sale.order', sale_order_id,
                   'acknowledge:' || id || ':' || coalesce(revision, ''), 'new',
                   now() AT TIME ZONE 'UTC', %(priority)s, 0,
                   clock_timestamp() AT TIME ZONE 'UTC'
              FROM marketplace_order WHERE id = ANY(%(ids)s)
            ON CONFLICT (account_id, kind, key) WHERE key IS NOT NULL DO NOTHING
            """,
            {"lane": lane.name, "priority": PRIORITY["acknowledge"], "ids": self.ids},
        )
        self.invalidate_recordset(["outbox_ids"])
        self.env["marketplace.engine"]._wake_send(account)


def _cash(order, total):
    """What the seller collects: the total, more or less what flows another way."""
    return float(total + sum((one.amount * one.sign for one in order.payments), Decimal()))


def _comparison(draft, sale):
    """Line by line, what the channel says and what Odoo comes to."""
    lines = []
    sale_lines = iter(sale.order_line.sorted(lambda line: (line.sequence, line.id)) if sale else ())
    for plan in draft.lines:
        line = plan.line
        text = (
            f"{line.name or line.external_id}: {line.quantity} × {line.unit_price}"
            f" = {line.quantity * line.unit_price}"
        )
        if sale and (plan.quantity or line.kind != "product"):
            text += f" | Odoo: {sale.currency_id.round(next(sale_lines).price_total)}"
        lines.append(text)
    return "\n".join(lines)
