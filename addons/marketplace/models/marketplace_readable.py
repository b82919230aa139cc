import json
from collections import defaultdict

from odoo import api, fields, models


class MarketplaceOperation(models.AbstractModel):
    """What a person wants to read of an operation: the name of what it happened to."""

    _inherit = "marketplace.operation"

    record_name = fields.Char(
        "Record",
        compute="_compute_record_name",
        help="What it happened to. Of something deleted, the identifiers kept with the operation.",
    )
    data_text = fields.Text("Recorded data", compute="_compute_data_text")

    @api.depends("record_operation")
    def _compute_display_name(self):
        for operation in self:
            label = operation._fields["record_operation"].convert_to_export(
                operation.record_operation, operation
            )
            operation.display_name = f"{label} #{operation.id}"

    @api.depends("model_name", "record_id", "operation_data")
    def _compute_record_name(self):
        names = names_of(self.env, self, "model_name", "record_id")
        for operation in self:
            operation.record_name = (
                names.get((operation.model_name, operation.record_id))
                or operation._name_of_gone_record()
            )

    def _name_of_gone_record(self):
        data = self.operation_data or {}
        identity = data.get("sku") or data.get("barcode") or f"#{self.record_id}"
        return self.env._("%s (deleted)", identity)

    @api.depends("operation_data")
    def _compute_data_text(self):
        for operation in self:
            operation.data_text = pretty(operation.operation_data)

    @api.depends("operation_data")
    def _compute_summary(self):
        """What changed: fields by their labels, places by their names."""
        locations = self._changed_locations()
        for operation in self:
            data = operation.operation_data or {}
            values = data.get("values") or {}
            shown = {name.partition("@")[0] for name in values}
            parts = [
                f"{operation._field_label(name, locations)}: {_short(old)} → {_short(new)}"
                for name, (old, new) in values.items()
            ]
            parts += [
                operation._field_label(name, locations)
                for name in data.get("fields") or ()
                if name not in shown
            ]
            parts += [
                f"{label}: {data[name]}"
                for name, label in (
                    ("sku", self.env._("SKU")),
                    ("barcode", self.env._("Barcode")),
                    ("reason", self.env._("Reason")),
                )
                if data.get(name)
            ]
            operation.summary = ", ".join(parts)[:200]

    def _changed_locations(self):
        """Names of the places in the operations' data, one read for all."""
        ids = set()
        for operation in self:
            for name in (operation.operation_data or {}).get("values") or ():
                place = name.partition("@")[2]
                if place.isdecimal():
                    ids.add(int(place))
        # sudo: the name of a place belongs to the log, the place itself stays guarded.
        places = self.env["stock.location"].sudo().browse(ids).exists()
        return {str(place.id): place.display_name for place in places}

    def _field_label(self, name, locations):
        """A recorded field as people know it, e.g. ``quantity@8`` as "Quantity (WH/Stock)"."""
        field, _at, place = name.partition("@")
        model = "stock.quant" if place else self.model_name
        if model in self.env and field in self.env[model]._fields:
            label = self.env[model]._fields[field]._description_string(self.env)
        else:
            label = field.replace("_", " ").capitalize()
        return f"{label} ({locations[place]})" if place in locations else label

    def action_open_record(self):
        """The product, order or document that the operation happened to."""
        self.ensure_one()
        return open_record(self.env, self.model_name, self.record_id)


class MarketplaceOrderOperation(models.Model):
    _inherit = "marketplace.order.operation"

    order_name = fields.Char("Order", compute="_compute_order_name")

    @api.depends("order_id")
    def _compute_order_name(self):
        ids = {operation.order_id for operation in self if operation.order_id}
        orders = self.env["sale.order"].sudo().browse(ids).exists()
        names = {order.id: order.name for order in orders}
        for operation in self:
            operation.order_name = names.get(operation.order_id) or self.env._(
                "#%s (deleted)", operation.order_id
            )

    def action_open_order(self):
        """The sales order that it happened to."""
        self.ensure_one()
        return open_record(self.env, "sale.order", self.order_id)


class MarketplaceOutbox(models.Model):
    _inherit = "marketplace.outbox"

    target_name = fields.Char(
        "Target", compute="_compute_target_name", help="The product or the order it is about."
    )
    sent_text = fields.Text("Values sent (text)", compute="_compute_sent_text")
    can_retry = fields.Boolean(compute="_compute_can_retry")

    @api.depends("kind", "listing_id", "order_id")
    def _compute_display_name(self):
        for item in self:
            kind = item._fields["kind"].convert_to_export(item.kind, item)
            item.display_name = f"{kind}: {item.target_name or f'#{item.id}'}"

    @api.depends("listing_id", "order_id")
    def _compute_target_name(self):
        for item in self:
            listing = item.listing_id
            if listing:
                item.target_name = listing.product_id.display_name or listing.display_name
            else:
                item.target_name = item.order_id.display_name or False

    @api.depends("sent", "data")
    def _compute_sent_text(self):
        for item in self:
            item.sent_text = pretty(item.sent or item.data)

    @api.depends("status")
    def _compute_can_retry(self):
        for item in self:
            item.can_retry = item.status == "error"

    def action_open_target(self):
        """The product or the order that the item is about."""
        self.ensure_one()
        if self.order_id:
            return self.order_id.action_open_sale_order()
        return self.listing_id.action_open_product()


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    odoo_price = fields.Float(
        "Price in Odoo",
        compute="_compute_odoo_values",
        digits="Product Price",
        help="What would be sent now, by the price policy of the account.",
    )
    odoo_quantity = fields.Float(
        "Quantity in Odoo",
        compute="_compute_odoo_values",
        help="What would be sent now, by the quantity policy of the account.",
    )
    price_explanation = fields.Text(
        compute="_compute_odoo_values", help="How the price comes about, step by step."
    )
    quantity_explanation = fields.Text(
        compute="_compute_odoo_values", help="How the quantity comes about, step by step."
    )
    acknowledged_text = fields.Text("What the channel knows", compute="_compute_acknowledged_text")

    @api.depends_context("uid")
    @api.depends("product_id", "uom_id", "account_id")
    def _compute_odoo_values(self):
        """Bulk, by account, with the very steps that a send takes."""
        for listing in self:
            listing.odoo_price = listing.odoo_quantity = 0.0
            listing.price_explanation = listing.quantity_explanation = False
        # A new line has neither for a moment.
        complete = self.filtered(lambda listing: listing.product_id and listing.account_id)
        for plain_account, listings in complete.grouped("account_id").items():
            account = plain_account.sudo()
            prices = listings.sudo()._explain_price(account)
            quantities = listings.sudo()._explain_quantity(account) if account.location_ids else {}
            shares = listings.sudo()._share_quantity(account, quantities) if quantities else {}
            names = {place.external_id: place.name for place in account.place_ids}
            for listing in listings:
                if steps := prices.get(listing.id):
                    listing.odoo_price = steps[-1][1]
                    listing.price_explanation = explained(steps)
                if steps := quantities.get(listing.id):
                    listing.odoo_quantity = steps[-1][1]
                    share = shares.get(listing.id, {})
                    parts = [(names[place], units) for place, units in share.items()]
                    listing.quantity_explanation = explained([*steps, *parts])

    @api.depends("acknowledged")
    def _compute_acknowledged_text(self):
        for listing in self:
            listing.acknowledged_text = pretty(listing.acknowledged)

    def action_open_product(self):
        """The product that is listed."""
        self.ensure_one()
        return open_record(self.env, "product.product", self.product_id.id)

    def action_open_outbox(self):
        """Everything that was or will be told about this listing."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("marketplace.action_outbox")
        action.update({"domain": [("listing_id", "=", self.id)], "context": {}})
        return action


class MarketplaceOrder(models.Model):
    _inherit = "marketplace.order"

    extra_text = fields.Text("Further members", compute="_compute_extra_text")

    @api.depends("extra", "payments")
    def _compute_extra_text(self):
        for order in self:
            order.extra_text = pretty(
                {
                    name: value
                    for name, value in (("payments", order.payments), ("extra", order.extra))
                    if value
                }
                or None
            )


class MarketplaceInbox(models.Model):
    _inherit = "marketplace.inbox"

    payload_text = fields.Text(
        "Document", compute="_compute_payload_text", groups="marketplace.group_user"
    )

    @api.depends("payload")
    def _compute_payload_text(self):
        for item in self:
            item.payload_text = pretty(item.payload)


class MarketplaceExchange(models.Model):
    _inherit = "marketplace.exchange"

    request_text = fields.Text("Request body", compute="_compute_texts")
    response_text = fields.Text("Answer body", compute="_compute_texts")
    outcome = fields.Selection(
        [
            ("ok", "Accepted"),
            ("throttled", "Too many calls"),
            ("refused", "Refused"),
            ("failed", "Channel failed"),
            ("none", "No answer"),
        ],
        compute="_compute_outcome",
    )

    @api.depends("request", "response")
    def _compute_texts(self):
        for exchange in self:
            exchange.request_text = pretty_text(exchange.request)
            exchange.response_text = pretty_text(exchange.response)

    @api.depends("status")
    def _compute_outcome(self):
        for exchange in self:
            status = exchange.status
            exchange.outcome = (
                "none"
                if not status
                else "throttled"
                if status == 429
                else "failed"
                if status >= 500
                else "refused"
                if status >= 400
                else "ok"
            )


class MarketplaceBudget(models.Model):
    """The gauge: what the bucket holds at this moment, refilled by time."""

    _inherit = "marketplace.budget"

    available = fields.Float(
        "Calls left now", compute="_compute_available", digits=(16, 1), help="Refilled by time."
    )
    available_share = fields.Float("Left now (%)", compute="_compute_available", digits=(16, 1))
    is_blocked = fields.Boolean(compute="_compute_available")
    rate_text = fields.Char("Allowed", compute="_compute_rate_text")

    @api.depends("tokens", "updated_at", "per_second", "burst", "blocked_until")
    def _compute_available(self):
        now = fields.Datetime.now()
        for budget in self:
            age = max(0.0, (now - budget.updated_at).total_seconds()) if budget.updated_at else 0
            left = max(0.0, min(budget.burst, budget.tokens + budget.per_second * age))
            budget.is_blocked = bool(budget.blocked_until and budget.blocked_until > now)
            budget.available = 0.0 if budget.is_blocked else left
            budget.available_share = 100 * budget.available / budget.burst if budget.burst else 0

    @api.depends("per_second", "burst")
    def _compute_rate_text(self):
        for budget in self:
            rate = budget.per_second
            if rate >= 1:
                text = self.env._("%s a second", f"{rate:g}")
            elif rate * 60 >= 1:
                text = self.env._("%s a minute", f"{rate * 60:.3g}")
            else:
                text = self.env._("%s an hour", f"{rate * 3600:.3g}")
            budget.rate_text = self.env._(
                "%(rate)s, %(burst)s at once", rate=text, burst=f"{budget.burst:g}"
            )


def _short(value):
    """A number without float dust; anything else as it is."""
    return f"{value:.6g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def pretty(value):
    """JSON as people read it; ``False`` for nothing."""
    if value is None or value is False:
        return False
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)


def pretty_text(text):
    """A stored body: indented when it is whole JSON, else as it is (it may have been cut)."""
    if not text:
        return False
    try:
        return pretty(json.loads(text))
    except ValueError:
        return text


def explained(steps):
    """Steps of a price or a quantity, one a line."""
    return "\n".join(
        f"{label}: {f'{amount:,.6f}'.rstrip('0').rstrip('.')}" for label, amount in steps
    )


def names_of(env, records, model_field, id_field):
    """Display names of what rows point to, one read for each model; gone and hidden ones lack.

    :return: {(model, id): name}
    """
    ids = defaultdict(set)
    for record in records:
        if record[model_field] in env and record[id_field]:
            ids[record[model_field]].add(record[id_field])
    names = {}
    for model, wanted in ids.items():
        # sudo: the name of what happened belongs to the log, the record itself stays guarded.
        for record in env[model].sudo().browse(wanted).exists():
            names[model, record.id] = record.display_name
    return names


def open_record(env, model, record_id):
    """A window on one record; an empty one is answered by a message, not by an error."""
    if not record_id or model not in env or not env[model].browse(record_id).exists():
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "warning", "message": env._("It does not exist any more.")},
        }
    return {
        "type": "ir.actions.act_window",
        "res_model": model,
        "res_id": record_id,
        "view_mode": "form",
        "views": [(False, "form")],
        "target": "current",
    }
