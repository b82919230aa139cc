from odoo import fields, models

from ..tools.inbound import naive


class MarketplaceListing(models.Model):
    """How new is what the channel shows of a listing."""

    _inherit = "marketplace.listing"

    # {"price": "2030-01-05T12:00:00", "inventory/by_location/7": …}: the channel's own time of what
    # it showed last, since its messages overtake each other.
    shown_at = fields.Json("Last shown by the channel", readonly=True, copy=False)

    def _fresh(self, values, moment):
        """What is not older than what the channel showed before; remembers how new that is.

        :param moment: naive UTC, ``None`` when the channel does not say: then it counts as new.
        :return: values by kind.
        """
        self.ensure_one()
        if not moment:
            return values
        known, stamp = dict(self.shown_at or {}), moment.isoformat()
        result = {}
        for kind, members in values.items():
            kept = {}
            for name, value in members.items():
                if not isinstance(value, dict) or kind != "inventory":
                    if known.get(kind, "") <= stamp:
                        kept[name] = value
                    continue
                # One place says nothing of another.
                inner = {
                    place: number
                    for place, number in value.items()
                    if known.get(f"{kind}/{name}/{place}", "") <= stamp
                }
                known.update({f"{kind}/{name}/{place}": stamp for place in inner})
                kept[name] = inner
            if any(not isinstance(value, dict) or kind != "inventory" for value in kept.values()):
                known[kind] = stamp
            result[kind] = kept
        if known != (self.shown_at or {}):
            self.shown_at = known
        return result

    def _compares(self, kind, member):
        """Whether a member is compared with what the channel shows; a provider leaves out what its
        channel is known to change by itself.

        :param str kind, member: as in ``marketplace.foreign.edit``.
        """
        return True


class MarketplaceInbox(models.Model):
    """News that say what a channel shows."""

    _inherit = "marketplace.inbox"

    def _process_topic_listing(self, account, messages):
        """Override to compare what the channel shows with what it was told."""
        super()._process_topic_listing(account, messages)
        speaking = [
            message
            for message in messages
            if message.document.values and not message.document.deleted
        ]
        if not speaking:
            return
        found = self._all_listings_of(account, [message.document.key for message in speaking])
        shown = {}
        for message, listings in zip(speaking, found, strict=True):
            moment = naive(message.document.occurred_at) or message.moment
            for listing in listings:
                shown.setdefault(listing, []).append((message.document.values, moment))
        edits = self.env["marketplace.foreign.edit"]
        # Mostly one word for each listing; more of them one after the other, oldest first.
        while shown:
            edits._look(account, {listing: said.pop(0) for listing, said in shown.items()})
            shown = {listing: said for listing, said in shown.items() if said}
