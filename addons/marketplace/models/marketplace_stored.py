from odoo import fields, models
from odoo.exceptions import UserError


class StockLocation(models.Model):
    _inherit = "stock.location"

    marketplace_mirror = fields.Boolean(
        "Mirror of a channel's store",
        readonly=True,
        copy=False,
        help="Shows what a channel keeps for you, as the channel counts it. Nobody moves goods "
        "in or out here.",
    )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        """Override of `stock`: what the channel keeps is the channel's to count."""
        for location in self.location_id | self.location_dest_id:
            if location.marketplace_mirror:
                raise UserError(
                    self.env._(
                        "%s mirrors what a channel keeps for you; its quantities come from the "
                        "channel. Send the goods to a transit or customer location instead.",
                        location.display_name,
                    )
                )
        return super()._action_done(cancel_backorder=cancel_backorder)


class MarketplaceAccount(models.Model):
    """Where the goods are shown that the channel keeps."""

    _inherit = "marketplace.account"

    stored_location_id = fields.Many2one(
        "stock.location",
        "Kept by the channel",
        readonly=True,
        copy=False,
        help="Mirrors the goods that the channel keeps for you. They are never offered as your "
        "own stock.",
    )

    def _stored_location(self):
        """The mirror of this account, made when it is needed first; outside all warehouses, so
        that it counts nowhere as own stock."""
        self.ensure_one()
        if not self.stored_location_id:
            self.sudo().stored_location_id = (
                self.env["stock.location"]
                .sudo()
                .create(
                    {
                        "name": self.env._("%s (kept by the channel)", self.name),
                        "usage": "internal",
                        "company_id": self.company_id.id,
                        "marketplace_mirror": True,
                    }
                )
            )
        return self.stored_location_id


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    stored_quantity = fields.Float(
        "Kept by the channel", readonly=True, copy=False, help="For sale, in the channel's store."
    )
    stored_reserved = fields.Float("Reserved there", readonly=True, copy=False)
    stored_inbound = fields.Float("On the way there", readonly=True, copy=False)
    stored_unsellable = fields.Float("Unsellable there", readonly=True, copy=False)
    stored_at = fields.Datetime("Counted", readonly=True, copy=False)


class MarketplaceInbox(models.Model):
    """Counts of goods that a channel keeps."""

    _inherit = "marketplace.inbox"

    def _process_topic_stored(self, account, messages):
        """:attr:`document` is a tuple of :class:`marketplace_adapters.core.StoredQuantity`; each
        says the whole quantity of a listing, so the newest counts."""
        counts = {}
        for message in messages:
            for count in message.document:
                counts[count.key.external_id or count.key.sku] = (count, message)
        found = list(counts.values())
        listings = self._listings_of(account, [count.key for count, _message in found])
        mirrored = {}
        for (count, message), listing in zip(found, listings, strict=True):
            if not listing:
                continue
            vals = {
                "stored_quantity": float(count.available),
                "stored_reserved": float(count.reserved),
                "stored_inbound": float(count.inbound),
                "stored_unsellable": float(count.unsellable),
                "stored_at": message.moment or fields.Datetime.now(),
            }
            changed = any(listing[name] != vals[name] for name in list(vals)[:4])
            if changed or not listing.stored_at:
                listing.write(vals)
            if listing.product_id.is_storable:
                pieces = float(count.available + count.reserved) * (listing.unit_count or 1.0)
                mirrored.setdefault(listing.product_id, []).append((listing, pieces))
        self._mirror(account, mirrored)

    def _mirror(self, account, mirrored):
        """Bring the quants of the mirror to what the channel counts.

        :param dict mirrored: product → [(listing, pieces)]
        """
        if not mirrored:
            return
        location = account._stored_location()
        products = self.env["product.product"].union(*mirrored)
        quants = self.env["stock.quant"].sudo()
        known = {
            product.id: quantity
            for product, quantity in quants._read_group(
                [("location_id", "=", location.id), ("product_id", "in", products.ids)],
                ["product_id"],
                ["quantity:sum"],
            )
        }
        counted = {listing for parts in mirrored.values() for listing, _pieces in parts}
        others = self.env["marketplace.listing"].search(
            [
                ("account_id", "=", account.id),
                ("product_id", "in", products.ids),
                ("id", "not in", [listing.id for listing in counted]),
                ("stored_at", "!=", False),
            ]
        )
        wanted = {
            product: sum(pieces for _listing, pieces in parts)
            for product, parts in mirrored.items()
        }
        for one in others:
            kept = one.stored_quantity + one.stored_reserved
            wanted[one.product_id] += kept * (one.unit_count or 1.0)
        for product, pieces in wanted.items():
            difference = pieces - known.get(product.id, 0.0)
            if abs(difference) > 1e-6:
                quants._update_available_quantity(product, location, difference)
