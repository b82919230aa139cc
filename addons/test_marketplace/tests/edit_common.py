"""Listings that a channel knows, and what it says of them afterwards."""

from datetime import timedelta

from odoo import fields

from odoo.addons.marketplace.tools import clock

from marketplace_adapters.core import LISTING_KINDS

from .order_common import OrderCase

STAMP = "%Y-%m-%dT%H:%M:%S+00:00"


class EditCase(OrderCase):
    def setUp(self):
        super().setUp()
        # Everything is told once, and known.
        self.account._request_products(self.tea | self.milk)
        self.run_engine()
        self.channel.finish()
        self.run_engine()
        self.channel.calls.clear()

    def show(self, listing="F-1", seconds=3600, **values):
        """The channel says what it shows, so many seconds from now; ``None`` without a time."""
        data = {
            "id": listing,
            "values": values,
            "n": self.env["marketplace.inbox"].search_count([]),
        }
        if seconds is not None:
            data["updated_at"] = (clock.now() + timedelta(seconds=seconds)).strftime(STAMP)
        self.receive(data, topic="listing")
        self.process()
        item = self.env["marketplace.inbox"].search([], order="id desc", limit=1)
        self.assertEqual((item.topic, item.status), ("listing", "done"), item.message)

    @property
    def edits(self):
        return self.env["marketplace.foreign.edit"].search([], order="id")

    def rows(self):
        return [
            (one.member, one.odoo_value or None, one.channel_value, one.state) for one in self.edits
        ]

    def pushed(self):
        """(kind, target, state) of what was sent since; then forgotten."""
        self.run_engine()
        found = [
            (item.kind, item.target.external_id, item.state)
            for item in self.channel.pushed
            if item.kind in LISTING_KINDS
        ]
        self.channel.calls.clear()
        return found

    def say(self, **policies):
        """Field ownership, e.g. ``title="channel"``."""
        kinds = {"price": "price", "compare_at": "price", "quantity": "inventory"}
        self.account.edit_policy_ids = [
            fields.Command.create(
                {"what": f"{kinds.get(member, 'product')}:{member}", "policy": policy}
            )
            for member, policy in policies.items()
        ]
