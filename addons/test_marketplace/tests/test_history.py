"""What a channel knew of a listing at a moment."""

from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from marketplace_adapters.testing import covers

from .common import MarketplaceCase


@tagged("post_install", "-at_install")
class TestHistory(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea = cls._make_product("Tea", 10.0, quantity=5)
        cls.listing = cls._list(cls.tea)
        cls.user = new_test_user(cls.env, "h-user", groups="marketplace.group_user")

    def setUp(self):
        super().setUp()
        self.run_engine()
        self.accepted("2026-03-01 09:00:00")

    def accepted(self, moment):
        """What was accepted last was accepted then."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE marketplace_outbox SET status_at = %s WHERE status_at > '2026-04-01'", [moment]
        )
        self.env.invalidate_all()

    def known(self, moment):
        return [
            (one["kind"], one["known"], one["accepted_at"])
            for one in self.listing.with_user(self.user)._known_at(datetime.fromisoformat(moment))
        ]

    @covers("C7")
    def test_the_last_accepted_values_of_each_kind_with_their_times(self):
        self.tea.list_price = 12
        self.run_engine()
        self.accepted("2026-03-02 14:31:09")
        self.channel.reject(self.listing.external_id)
        self.tea.list_price = 99
        self.run_engine()
        self.accepted("2026-03-03 10:00:00")
        currency = self.account.currency_id.name
        morning = datetime(2026, 3, 1, 9)
        before = ("price", f"currency: {currency}, price: 10.00", morning)
        self.assertIn(before, self.known("2026-03-02 14:31:08"))
        after = ("price", f"currency: {currency}, price: 12.00", datetime(2026, 3, 2, 14, 31, 9))
        for moment in ("2026-03-02 14:31:09", "2026-03-03 12:00:00"):
            found = self.known(moment)
            self.assertEqual(found[0], after, "what was refused was never known")
            self.assertEqual({one[0] for one in found}, {"price", "inventory", "product"})
        self.assertEqual(self.known("2026-02-28 23:59:59"), [])

    @covers("C7")
    def test_people_choose_a_moment_on_the_screen(self):
        action = self.listing.with_user(self.user).action_open_history()
        history = self.env[action["res_model"]].with_user(self.user).browse(action["res_id"])
        self.assertEqual(len(history.line_ids), 3)
        with Form(history) as form:
            form.moment = "2026-02-01 00:00:00"
        self.assertFalse(history.line_ids)
        outsider = new_test_user(self.env, "h-outsider", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.listing.with_user(outsider).action_open_history()
