from decimal import Decimal

from markupsafe import Markup

from odoo import api, models
from odoo.fields import Command

from marketplace_adapters.core import Kind

from ..const import PRIORITY
from ..tools.inbound import naive
from ..tools.pricing import Pricer


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
        for draft, ledger in zip(drafts, ledgers, strict=True):
            if ledger.status in ("shipped", "delivered"):
                ledger._deliver_stocked()
            ledger._ship_as_told(draft.order)
        self._record_held(
            ledgers.filtered(lambda one: not one.hands_off).sale_order_id - to_confirm
        )
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

    # === CREATE === #

    def _link_listings(self, account, drafts):
        """Keep what the orders taught: external ids of listings found otherwise, and listings for
        products found by SKU or barcode."""
        create, learned = {}, {}
        for plan in (plan for draft in drafts for plan in draft.lines):
            external_id = plan.line.listing.external_id
            if plan.line.kind != "product" or not external_id:
                continue
            if plan.listing:
                same_unit = abs(plan.listing.unit_count - plan.pieces) < 1e-6
                if same_unit and not plan.listing.external_id:
                    learned.setdefault(plan.listing, external_id)
            elif plan.sells_whole_units:
                create.setdefault((plan.product.id, plan.uom.id), []).append(plan)
        for listing, external_id in learned.items():
            listing._learn({"external_id": external_id})
        if create:
            self._make_listings(account, create)

    def _make_listings(self, account, wanted):
        """A listing in the unit that was sold, where there is none yet.

        :param dict wanted: {(product id, unit id): [:class:`LinePlan`, …]}
        """
        listed = (
            self.env["marketplace.listing"]
            .with_context(active_test=False)
            .search(
                [
                    ("account_id", "=", account.id),
                    ("product_id", "in", [product for product, _uom in wanted]),
                ]
            )
        )
        by_unit = {(listing.product_id.id, listing.uom_id.id): listing for listing in listed}
        missing = [key for key in wanted if key not in by_unit]
        created = self.env["marketplace.listing"].create(
            [
                {
                    "account_id": account.id,
                    "product_id": product,
                    "uom_id": uom,
                    "external_id": wanted[product, uom][0].line.listing.external_id,
                    "title": wanted[product, uom][0].line.name,
                }
                for product, uom in missing
            ]
        )
        by_unit.update(zip(missing, created, strict=True))
        for key, plans in wanted.items():
            for plan in plans:
                plan.listing = by_unit[key]

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
            "marketplace_stocked": order.stocked_by == "channel",
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
        terms = self.env["marketplace.term"]._terms(account, order.buyer)
        if terms:
            vals["payment_term_id"] = terms.id
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
        taxes = self._line_taxes(draft, plan, pricer)
        price = pricer.price_unit(taxes, plan.product, plan.price, plan.quantity, plan.included)
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

    @api.model
    def _line_taxes(self, draft, plan, pricer):
        """Taxes that we owe for a line; none where the channel collects and pays them."""
        if plan.line.taxed_by == "channel":
            return self.env["account.tax"]
        return pricer.taxes(plan.product, draft.position)

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
                vals |= self._money_vals(draft.order, Decimal(str(sale.amount_total)))
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
                draft.ledger._take_returns_again()
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
            "stocked_by": order.stocked_by,
            "currency_id": currency.id,
            **self._money_vals(order, order.total or Decimal()),
            "otp_required": order.otp_required,
            "requested_delivery": order.requested_delivery,
            "placed_at": naive(order.placed_at),
            "extra": dict(order.extra),
            "note": order.note,
        }

    @api.model
    def _money_vals(self, order, total):
        """What the ledger keeps of the money of an order."""
        return {
            "total": float(total),
            "paid_back": float(order.paid_back),
            "cash_to_collect": _cash(order, total),
            "payments": [
                {
                    "kind": payment.kind,
                    "amount": str(payment.amount),
                    "sign": payment.sign,
                    "label": payment.label,
                }
                for payment in order.payments
            ],
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
            "event_source": message.source,
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
                    number=draft.order.number,
                    account=account.name,
                )
            ]
            if draft.mode == "visibility":
                parts.append(self.env._("Imported to be seen: it reserves and delivers nothing."))
            for line in draft.skipped:
                parts.append(
                    self.env._(
                        "Left out, because its product is not linked: %(quantity)s × %(name)s "
                        "(%(id)s).",
                        quantity=line.quantity,
                        name=line.name,
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
