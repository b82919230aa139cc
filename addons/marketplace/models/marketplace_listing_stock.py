import math
from datetime import timedelta
from decimal import Decimal

from odoo import fields, models

from marketplace_adapters.core import InventoryState

from ..snapshot import Tell, Trouble


class MarketplaceListing(models.Model):
    """The quantity that a listing tells, by the account's policy, and how it comes about."""

    _inherit = "marketplace.listing"

    def _snapshot_inventory(self, account):
        """:return: {listing id: Tell or Trouble} with an :class:`InventoryState`"""
        result = {}
        trouble = self._trouble_no_locations(account)
        if trouble:
            return dict.fromkeys(self.ids, trouble)
        explained = self._explain_quantity(account)
        shares = self._share_quantity(account, explained)
        for listing in self:
            if not listing.product_id:
                result[listing.id] = self._trouble_no_product(listing)
                continue
            quantity = Decimal(int(explained[listing.id][-1][1]))
            unlimited = not listing.product_id.is_storable
            offered = listing._is_offered()
            share = shares.get(listing.id, {})
            told = (listing.acknowledged or {}).get("inventory", {}).get("by_location", {})
            state = InventoryState(
                quantity=quantity if offered else Decimal(0),
                in_stock=offered and (unlimited or quantity > 0),
                unlimited=offered and unlimited,
                by_location={
                    place: Decimal(units) if offered else Decimal(0)
                    for place, units in share.items()
                },
                known={place: Decimal(units) for place, units in told.items()},
            )
            result[listing.id] = Tell(state, _stock_values(state))
        return result

    def _trouble_no_locations(self, account):
        """:return: why this account can tell no stock at all, ``None`` when it can"""
        if not account.location_ids:
            return Trouble(
                "no_locations",
                self.env._("%s does not say which locations it sells from.", account.name),
                self.env._("Fill in Sells from on the account."),
            )
        if account._lacks_places():
            return Trouble(
                "no_places",
                self.env._(
                    "%s sells from several locations, and none of them has stock of Odoo.",
                    account.name,
                ),
                self.env._("Fill in Stock from for the locations of the channel on the account."),
            )
        return None

    def _share_quantity(self, account, explained):
        """What is offered at each of the channel's locations.

        Each place offers what it has, in whole units; what the policy keeps back of the whole is
        taken from the last place first. So the places together never offer more than the whole.

        :param dict explained: as :meth:`_explain_quantity` gives it.
        :return: {listing id: {the channel's id of the place: units}}; empty without places.
        """
        shares = {}
        places = account._told_places()
        pieces = {place: self._pieces(account, place.location_ids) for place in places}
        for listing in self.filtered("product_id") if places else self.browse():
            left, share = explained[listing.id][-1][1], {}
            for place in places:
                here = pieces[place][listing.product_id.id] * account.quantity_percentage / 100
                share[place.external_id] = units = min(left, listing._whole_units(here))
                left -= units
            shares[listing.id] = share
        return shares

    def _pieces(self, account, locations):
        """:return: {product id: pieces in these locations, as the account counts them}, one bulk
        read"""
        products = self.product_id.with_company(account.company_id).with_context(
            location=locations.ids, warehouse_id=False
        )
        until = False
        if account.quantity_source == "forecast":
            until = fields.Datetime.now() + timedelta(days=account.forecast_days)
        known = products._compute_quantities_dict(None, None, None, to_date=until)
        column = {
            "free": "free_qty",
            "on_hand": "qty_available",
            "forecast": "virtual_available",
        }[account.quantity_source]
        return {product: quantities[column] for product, quantities in known.items()}

    def _explain_quantity(self, account):
        """How the quantity of each listing comes about (C22), one bulk read.

        :return: {listing id: [(step, quantity after it), …]}; the last one is what is sent, a
            whole number of sales units and never negative.
        """
        pieces = self._pieces(account, account.location_ids)
        label = {
            "free": self.env._("On hand − reserved"),
            "on_hand": self.env._("On hand"),
            "forecast": self.env._("On hand + incoming − outgoing"),
        }[account.quantity_source]
        held = {}
        if account.quantity_source != "on_hand":
            held = self.env["marketplace.order"]._held_quantities(account, self.product_id)
        return {
            listing.id: listing._quantity_steps(account, label, pieces[listing.product_id.id], held)
            if listing.product_id
            else [(self.env._("No product"), 0)]
            for listing in self
        }

    def _quantity_steps(self, account, label, pieces, held):
        """:param float pieces: in the product's own unit, as Odoo counts them.
        :param dict held: product id → what quotations of channels want of it.
        """
        steps = [(label, pieces)]
        if wanted := held.get(self.product_id.id):
            pieces -= wanted
            steps.append((self.env._("Wanted by orders that are not confirmed yet"), pieces))
        if account.quantity_percentage != 100:
            pieces *= account.quantity_percentage / 100
            steps.append((self.env._("%s %% offered", account.quantity_percentage), pieces))
        if account.quantity_buffer:
            pieces -= account.quantity_buffer
            steps.append((self.env._("Kept back"), pieces))
        if account.quantity_cap and pieces > account.quantity_cap:
            pieces = account.quantity_cap
            steps.append((self.env._("At most"), pieces))
        if account.quantity_zero_below and pieces < account.quantity_zero_below:
            pieces = 0
            steps.append((self.env._("Too few to offer"), pieces))
        steps.append(
            (self.env._("Whole units of %s", self.uom_id.name or ""), self._whole_units(pieces))
        )
        return steps

    def _whole_units(self, pieces):
        """Sales units that so many pieces make. A tiny tolerance, so that 3 × 0.1 boxes of a
        floating point stock do not lose one."""
        return math.floor(max(0.0, pieces) / (self.unit_count or 1.0) + 1e-6)


def _stock_values(state):
    """What is remembered of it, JSON-able."""
    values = {
        "quantity": str(state.quantity),
        "in_stock": state.in_stock,
        "unlimited": state.unlimited,
    }
    if state.by_location:
        values["by_location"] = {place: str(units) for place, units in state.by_location.items()}
    return values
