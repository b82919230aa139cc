from dataclasses import dataclass, field
from typing import Any

from odoo import models

from ..tools.inbound import Message, Quarantine, naive


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

    @property
    def sells_whole_units(self):
        """Whether one unit of the channel is one unit of the sales order line, and not several
        pieces for want of a unit of that size."""
        return abs(self.pieces - self.uom.factor / self.product.uom_id.factor) < 1e-6


class MarketplaceOrder(models.Model):
    """What is going to be made of new orders; nothing is written here, so that what cannot be
    made is set aside before it costs anything."""

    _inherit = "marketplace.order"

    def _plan(self, account, fresh):
        """Find products and check sums; orders that cannot go on are set aside here."""
        lines = [line for message, _ledger in fresh for line in message.order.lines]
        self.env["marketplace.fee"]._note(
            account, [line.listing.sku for line in lines if line.kind == "fee"]
        )
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
        draft = Draft(message, ledger, self._currency_of(order), self._mode_for(account, order))
        for line, match in matched:
            plan = self._plan_line(account, order, line, match)
            if plan is None:
                draft.skipped.append(line)
            else:
                draft.lines.append(plan)
        # Gift cards and the like are fees: an order of nothing else is an order.
        sold = {"product"} if draft.skipped else {"product", "fee"}
        if not any(plan.line.kind in sold for plan in draft.lines):
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
        # Where the channel collects the tax, there is none of ours to come on top.
        included = line.taxed_by == "channel" or (
            line.tax_included and account.price_tax != "excluded"
        )
        if line.kind != "product":
            product = self._product_for(account, line)
            return LinePlan(
                line,
                match.listing,
                product,
                product.uom_id,
                float(line.quantity),
                float(line.unit_price),
                1.0,
                included,
            )
        if not match.product or match.ambiguous:
            if account.unknown_line == "skip":
                return None
            raise self._unknown_product(line, match)
        uom, factor, pieces = self._unit_of(match, line)
        return LinePlan(
            line,
            match.listing,
            match.product,
            uom,
            float(line.quantity * factor),
            float(line.unit_price / factor),
            pieces,
            included,
        )

    def _product_for(self, account, line):
        product = account._product_of(line.kind)
        if line.kind == "fee":
            product = self.env["marketplace.fee"]._product(account, line) or product
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
                    product=line.name,
                    identifier=identifier,
                    count=match.ambiguous,
                ),
                self.env._("Open Listings and give the right one this external id."),
            )
        if match.listing:
            return Quarantine(
                f"unknown_product:{identifier}",
                self.env._(
                    "The listing of %(product)s (%(identifier)s) has no product.",
                    product=line.name,
                    identifier=identifier,
                ),
                self.env._("Open that listing and choose its product."),
            )
        return Quarantine(
            f"unknown_product:{identifier}",
            self.env._(
                "The product %(product)s (%(identifier)s) is not linked.",
                product=line.name,
                identifier=identifier,
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
