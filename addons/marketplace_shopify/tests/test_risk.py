"""Orders that a webhook tells first, without their risk, and the list of orders a moment later."""

import base64
import hashlib
import hmac
import json

from odoo.tests import tagged

from odoo.addons.marketplace.models.marketplace_engine import ORDERS_ALONE

from marketplace_adapters.testing import covers

from .common import CLIENT_SECRET, FLOOR_ID, SHOP, ShopifyCase


@tagged("post_install", "-at_install")
class TestRisk(ShopifyCase):
    def setUp(self):
        super().setUp()
        self.mug = self._make_product("Mug", price=6, quantity=10, default_code="MUG")
        self.listing = self._list(self.mug)
        self.send()
        self.jobs.unlink()
        self.account.automatic = True
        self.account._cursor("order").pulled_at = "2000-01-01"
        self.woken = []
        self.patch(
            type(self.env["marketplace.engine"]),
            "_wake_pull",
            lambda engine, account: self.woken.append(account.id),
        )

    @property
    def jobs(self):
        return self.env["queue.job"].search(
            [("identity_key", "=", f"marketplace:_job_pull:{self.account.id}:{ORDERS_ALONE}")]
        )

    def hook(self, order_id, topic="orders/updated"):
        """The webhook of an order as it stands now, processed."""
        path = f"shopify/orders/{order_id}/payload?shape=webhook"
        body = json.dumps(self.shop.call("GET", path)).encode()
        mark = hmac.new(CLIENT_SECRET.encode(), body, hashlib.sha256).digest()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Event-Id": f"event-{order_id}-{hash(body)}",
            "X-Shopify-Hmac-Sha256": base64.b64encode(mark).decode(),
        }
        status, _answer, _headers = self.account._webhook(headers, body)
        self.assertEqual(status, 200)
        self._engine()._job_process(self.account.id)
        self.env.invalidate_all()
        return self.order_of(order_id)

    def pull(self):
        """What the woken job does."""
        engine = self._engine()
        engine._job_pull(self.account.id, ORDERS_ALONE)
        engine._job_process(self.account.id)
        self.env.invalidate_all()

    def state(self, order):
        return order.sale_order_id.state, order.risk, order.risk_awaited, order.risk_held

    @covers("X37", "R361")
    def test_an_order_waits_for_the_list_which_is_asked_at_once(self):
        for word, expected in (
            ("none", ("sale", "low", False, False)),
            (None, ("sale", "low", False, False)),
            ("low", ("sale", "low", False, False)),
            ("medium", ("sale", "medium", False, False)),
            ("high", ("draft", "high", False, True)),
        ):
            with self.subTest(word):
                self.woken.clear()
                told = {"risk": word} if word else {}
                order = self.hook(self.shop.place(("MUG", 1), **told), "orders/create")
                self.assertEqual(self.state(order), ("draft", False, True, False))
                self.assertEqual(self.woken, [self.account.id])
                self.pull()
                self.assertEqual(self.state(order), expected)

    @covers("X37")
    def test_what_shopify_still_looks_into_waits_until_it_is_done(self):
        order_id = self.shop.place(("MUG", 1), risk="pending")
        order = self.hook(order_id, "orders/create")
        self.pull()
        self.assertEqual(self.state(order), ("draft", False, True, False))
        self.shop.advance(30)
        self.shop.act(order_id, "risk", level="low")
        self.woken.clear()
        self.hook(order_id)
        self.assertEqual(self.woken, [self.account.id])
        self.pull()
        self.assertEqual(self.state(order), ("sale", "low", False, False))

    @covers("X37")
    def test_an_order_that_was_paid_meanwhile_waits_as_well(self):
        order_id = self.shop.place(("MUG", 1), payment="pending", risk="high")
        order = self.hook(order_id, "orders/create")
        self.shop.advance(5)
        self.shop.act(order_id, "pay")
        self.hook(order_id, "orders/paid")
        self.assertEqual(self.state(order), ("draft", False, True, False))
        self.pull()
        self.assertEqual(self.state(order), ("draft", "high", False, True))

    def test_an_account_that_holds_nothing_does_not_wait_nor_hear_twice(self):
        self.account.hold_risk = "never"
        self.account.place_ids[1:].active = False
        order = self.hook(self.shop.place(("MUG", 1)), "orders/create")
        self.assertEqual(self.state(order), ("sale", False, False, False))
        self.assertEqual(self.woken, [])
        self.pull()
        items = self.env["marketplace.inbox"].search([("external_id", "=", order.external_id)])
        self.assertEqual(items.mapped("source"), ["webhook"])

    def test_an_order_of_the_shop_floor_is_not_waited_for(self):
        order = self.hook(self.shop.place(("MUG", 1), source="pos", location=int(FLOOR_ID)))
        self.assertNotEqual(order.sale_order_id.state, "draft")
        self.assertEqual((order.risk_awaited, self.woken), (False, []))

    def test_with_several_locations_the_list_is_asked_at_once(self):
        self.account.hold_risk = "never"
        order = self.hook(self.shop.place(("MUG", 1)), "orders/create")
        self.assertEqual((order.sale_order_id.state, order.risk_awaited), ("sale", False))
        self.assertEqual(self.woken, [self.account.id])
