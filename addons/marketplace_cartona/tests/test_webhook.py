import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from marketplace_adapters.testing import covers

from .common import WEBHOOK_TOKEN
from .test_orders import OrderCase

PATH = "/cartona_integration/webhook/order_status"


@tagged("post_install", "-at_install")
class TestWebhook(HttpCase, OrderCase):
    def post(self, body, token=WEBHOOK_TOKEN, **headers):
        headers = {"Content-Type": "application/json", **headers}
        if token is not None:
            headers.setdefault("AuthorizationToken", token)
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.url_open(PATH, data=data, headers=headers, method="POST")

    def process(self):
        self._engine()._job_process(self.account.id)
        self.env.invalidate_all()

    def refused(self, status, *args, **kwargs):
        """Post what must be refused, and see that nothing was stored."""
        before = self.env["marketplace.inbox"].search_count([])
        with mute_logger(
            "odoo.addons.marketplace.models.marketplace_account_webhook",
            "odoo.addons.marketplace_cartona.models.marketplace_account_webhook",
            "odoo.http",
        ):
            answer = self.post(*args, **kwargs)
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(self.env["marketplace.inbox"].search_count([]), before)
        return answer

    # === TAKEN === #

    @covers("R102", "R103", "R183", "R185", "R186", "R189", "R192", "R331", "X26")
    def test_a_cancellation_by_webhook_cancels_the_sales_order(self):
        hashed_id, sale = self.order_in()
        answer = self.post({"hashed_id": hashed_id, "status": "cancelled_by_retailer"})
        self.assertEqual((answer.status_code, answer.json()), (200, {"received": 1}))
        self.assertEqual(sale.state, "sale")
        self.process()
        self.assertEqual(sale.state, "cancel")

    @covers("R183", "R331")
    def test_a_whole_order_by_webhook_becomes_a_sales_order(self):
        hashed_id = self.cartona.place((self.tea_listing.external_id, 3))
        self.assertEqual(self.post(self.cartona.payload(hashed_id)).status_code, 200)
        self.process()
        self.assertEqual(self.order_of(hashed_id).sale_order_id.order_line.product_uom_qty, 3.0)

    @covers("R331")
    def test_what_the_sandbox_sends_by_itself_is_understood(self):
        _hashed_id, sale = self.order_in()
        hashed_id = sale.cartona_id
        for style in ("status", "order", "list"):
            body = self.cartona.call("GET", f"cartona/orders/{hashed_id}/payload?style={style}")
            self.assertEqual(self.post(body).status_code, 200, style)

    @covers("R184", "R194")
    def test_a_bearer_token_is_accepted_as_well(self):
        hashed_id, _sale = self.order_in()
        answer = self.post(
            {"hashed_id": hashed_id, "status": "pending"},
            token=None,
            Authorization=f"Bearer {WEBHOOK_TOKEN}",
        )
        self.assertEqual(answer.status_code, 200)

    @covers("R331", "X26")
    def test_a_status_of_a_known_order_fetches_its_lines_at_once(self):
        hashed_id, _sale = self.order_in()
        # Right after a pull the next one comes two seconds later.
        self.account.cursor_ids.pulled_at = "2000-01-01"
        wakes = []
        self.patch(
            type(self.env["marketplace.engine"]),
            "_wake_after_commit",
            lambda engine, method, account_id, argument=0: wakes.append((method, account_id)),
        )
        self.post({"hashed_id": hashed_id, "status": "approved"})
        self.process()
        self.assertEqual(wakes.count(("_job_pull", self.account.id)), 1)

    @covers("R104", "R188", "R189", "R190", "X23")
    def test_payment_shipment_and_delivery_arrive_by_webhook(self):
        hashed_id, sale = self.order_in(delivered_by="delivered_by_cartona")
        for word, status, state in (
            ("payment confirmed", "confirmed", "assigned"),
            ("shipped", "shipped", "assigned"),
            ("delivered", "delivered", "done"),
        ):
            with self.subTest(word):
                answer = self.post({"hashed_id": hashed_id, "status": word})
                self.assertEqual(answer.status_code, 200)
                self.process()
                self.assertEqual(self.order_of(hashed_id).status, status)
                self.assertEqual(sale.picking_ids.state, state)

    def test_the_same_message_again_is_stored_once(self):
        body = {"hashed_id": "pPX2wRNM", "status": "approved"}
        self.assertEqual(self.post(body).json(), {"received": 1})
        self.assertEqual(self.post(body).json(), {"received": 1})
        found = self.env["marketplace.inbox"].search([("external_id", "=", "pPX2wRNM")])
        self.assertEqual(len(found), 1)

    @covers("R187", "R193", "X51")
    def test_a_status_that_cartona_may_not_set_is_answered_with_200_and_not_applied(self):
        hashed_id, sale = self.order_in()
        answer = self.post({"hashed_id": hashed_id, "status": "delivered"})
        self.assertEqual(answer.status_code, 200)
        self.process()
        self.assertEqual(sale.picking_ids.state, "assigned")

    @covers("R193", "X51")
    def test_business_problems_are_answered_with_200_and_kept_for_a_person(self):
        hashed_id, _sale = self.order_in()
        for body, status in (
            ({"hashed_id": "no-such-order", "status": "approved"}, "new"),
            ({"hashed_id": hashed_id, "status": "teleported"}, "quarantined"),
        ):
            with self.subTest(body):
                self.assertEqual(self.post(body).status_code, 200)
                self.process()
                item = self.env["marketplace.inbox"].search(
                    [("external_id", "=", body["hashed_id"]), ("topic", "=", "status")], limit=1
                )
                self.assertEqual(item.status, status)

    # === REFUSED === #

    @covers("R184", "R194", "X51")
    def test_without_the_right_token_nothing_is_taken(self):
        body = {"hashed_id": "x", "status": "approved"}
        for token in (None, "", "wrong", WEBHOOK_TOKEN + "x", WEBHOOK_TOKEN[:-1], "رمز".encode()):
            with self.subTest(token):
                self.assertEqual(
                    self.refused(401, body, token=token).json()["error"], "unauthorized"
                )

    def test_the_token_of_an_account_that_is_not_connected_is_worth_nothing(self):
        self.account.state = "draft"
        self.env.flush_all()
        self.refused(401, {"hashed_id": "x", "status": "approved"})

    def test_a_paused_account_still_listens(self):
        self.account.action_pause()
        self.env.flush_all()
        answer = self.post({"hashed_id": "x", "status": "approved"})
        self.assertEqual(answer.status_code, 200)

    @covers("R196", "X51")
    def test_bodies_of_another_shape_are_refused(self):
        for body in (
            b"",
            b"not json",
            b"\xff\xfe",
            b'{"hashed_id": "x"',
            [],
            {},
            "text",
            17,
            None,
            {"hashed_id": "x"},
            {"status": "approved"},
            {"hashed_id": "", "status": "approved"},
            {"hashed_id": None, "status": "approved"},
            {"hashed_id": ["x"], "status": "approved"},
            {"hashed_id": {"a": 1}, "status": "approved"},
            {"hashed_id": "x" * 300, "status": "approved"},
            {"hashed_id": "x", "status": None},
            {"hashed_id": "x", "status": {"a": 1}},
            [{"hashed_id": "x", "status": "approved"}, 17],
        ):
            data = body if isinstance(body, bytes) else json.dumps(body)
            with self.subTest(data[:60]):
                if body == []:
                    # Nothing to say is not wrong.
                    self.assertEqual(self.post(data).json(), {"received": 0})
                else:
                    self.refused(400, data)

    @covers("R196")
    def test_a_body_that_is_too_large_is_refused_unread(self):
        self.refused(413, b" " * (5 * 1024 * 1024 + 1))

    @covers("R195", "R333")
    def test_more_messages_than_allowed_are_told_when_to_come_again(self):
        self.account.webhook_rate = 2
        self.env.flush_all()
        body = {"hashed_id": "x", "status": "approved"}
        self.assertEqual([self.post(body).status_code for _n in range(2)], [200, 200])
        answer = self.refused(429, {"hashed_id": "y", "status": "approved"})
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)

    @covers("R184")
    def test_only_listed_senders_are_heard_when_there_is_a_list(self):
        body = {"hashed_id": "x", "status": "approved"}
        self.account.cartona_webhook_ips = "203.0.113.0/24"
        self.env.flush_all()
        self.assertEqual(self.refused(403, body).json(), {"error": "forbidden"})
        url = f"/marketplace/webhook/cartona/{self.account.webhook_token}"
        headers = {"AuthorizationToken": WEBHOOK_TOKEN}
        with mute_logger("odoo.addons.marketplace.models.marketplace_account_webhook"):
            general = self.url_open(url, data=json.dumps(body), headers=headers)
        self.assertEqual(general.status_code, 403)
        self.account.cartona_webhook_ips = "203.0.113.0/24, 127.0.0.1"
        self.env.flush_all()
        self.assertEqual(self.post(body).status_code, 200)

    def test_only_post_is_answered(self):
        self.assertEqual(self.url_open(PATH).status_code, 405)

    # === SEVERAL ACCOUNTS === #

    @covers("X17")
    def test_the_token_says_whose_message_it_is(self):
        other = self._make_account("Wholesale", cartona_webhook_secret="of-the-other", sequence=5)
        self.env.flush_all()
        self.post({"hashed_id": "a", "status": "approved"})
        self.post({"hashed_id": "b", "status": "approved"}, token="of-the-other")
        items = self.env["marketplace.inbox"].search([("external_id", "in", ("a", "b"))])
        self.assertEqual(
            {item.external_id: item.account_id for item in items},
            {"a": self.account, "b": other},
        )

    def test_accounts_with_one_token_are_told_apart_by_the_order(self):
        other = self._make_account("Wholesale", sequence=5)
        hashed_id, _sale = self.order_in()
        order = self.order_of(hashed_id)
        order.account_id = other
        self.env.flush_all()
        self.post({"hashed_id": hashed_id, "status": "cancelled_by_retailer"})
        item = self.env["marketplace.inbox"].search(
            [("external_id", "=", hashed_id), ("topic", "=", "status")]
        )
        self.assertEqual(item.account_id, other)

    def test_without_a_webhook_token_the_api_token_counts(self):
        from .common import TOKEN

        self.account.cartona_webhook_secret = False
        self.env.flush_all()
        body = {"hashed_id": "x", "status": "approved"}
        self.refused(401, body)
        self.assertEqual(self.post(body, token=TOKEN).status_code, 200)
