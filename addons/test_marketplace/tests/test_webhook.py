"""Messages of a channel: proven, stored, answered at once."""

import json
import logging
from http import HTTPStatus

from odoo.tests import HttpCase, tagged

from odoo.addons.marketplace import const as marketplace_const
from odoo.addons.marketplace.models import marketplace_account_webhook
from odoo.addons.marketplace.tools.rate import LocalBuckets

from marketplace_adapters.testing import covers
from marketplace_adapters.testing.fake import FakeChannel, order_document, sign

from .order_common import NOON


class Clock:
    """Time that stands still until it is told to move."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@tagged("post_install", "-at_install")
class TestWebhook(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.env["marketplace.account"].create(
            {
                "name": "Hooked",
                "provider": "fake",
                "base_url": "https://hooked.fake.example",
                "state": "connected",
            }
        )
        cls.env["marketplace.credential"]._store(cls.account, "token", "fake-token")
        cls.env["marketplace.credential"]._store(cls.account, "secret", "hush-hush")
        cls.channel = FakeChannel.of(cls.account.base_url)
        cls.path = f"/marketplace/webhook/fake/{cls.account.webhook_token}"

    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.patch(marketplace_account_webhook, "CALLS", LocalBuckets(self.clock))

    def post(self, data=None, *, path=None, secret="hush-hush", headers=None, body=None, **more):
        signed, content = self.channel.webhook(data or self.document(**more), secret=secret)
        return self.url_open(
            path or self.path,
            data=content if body is None else body,
            headers={**signed, **(headers or {})},
            method="POST",
        )

    def document(self, order_id="W-1", **more):
        return order_document(order_id, now=NOON, **more)

    def stored(self):
        return self.env["marketplace.inbox"].search([("account_id", "=", self.account.id)])

    @covers("R102", "R103", "R183", "R192", "X26", "X48")
    def test_a_signed_message_is_stored_and_answered(self):
        document = self.document()
        response = self.post(document)
        self.assertEqual(response.status_code, HTTPStatus.OK)
        self.assertEqual(response.json(), {"received": 1})
        item = self.stored()
        self.assertEqual(
            (item.topic, item.external_id, item.source, item.status),
            ("order", "W-1", "webhook", "new"),
        )
        self.assertEqual(item.payload, document)
        self.assertEqual(item.occurred_at, NOON.replace(tzinfo=None))

    def test_the_same_message_many_times_is_stored_once(self):
        for _time in range(3):
            self.assertEqual(self.post().json(), {"received": 1})
        self.assertEqual(len(self.stored()), 1)

    @covers("R184", "R194", "X48", "X51")
    def test_a_wrong_or_missing_signature_is_refused_and_nothing_is_stored(self):
        self.assertEqual(self.post(secret="guess").status_code, HTTPStatus.UNAUTHORIZED)
        response = self.post(headers={"X-Fake-Signature": ""})
        self.assertEqual(response.status_code, HTTPStatus.UNAUTHORIZED)
        self.assertEqual(response.json(), {"error": "unauthorized"})
        self.assertFalse(self.stored())

    @covers("R196", "X51")
    def test_what_cannot_be_read_is_refused_with_a_reason(self):
        for body in (
            b"",
            b"{",
            b"[]",
            b'{"topic":"order"}',
            b'{"topic":"x","data":{}}',
            b'{"topic":"order","data":{"id":null}}',
            b"\xff\xfe",
            b"[" * 5000,
        ):
            signed = self.channel.webhook({}, secret="hush-hush")[0]
            signed["X-Fake-Signature"] = sign("hush-hush", body)
            response = self.url_open(self.path, data=body, headers=signed, method="POST")
            self.assertEqual(response.status_code, HTTPStatus.BAD_REQUEST, body[:20])
            self.assertTrue(response.json()["error"])
        self.assertFalse(self.stored())

    def test_a_wrong_address_is_not_found(self):
        for path in (
            "/marketplace/webhook/fake/guess",
            f"/marketplace/webhook/other/{self.account.webhook_token}",
            "/marketplace/webhook/fake/%D8%B9",
        ):
            self.assertEqual(self.post(path=path).status_code, HTTPStatus.NOT_FOUND, path)

    def test_only_post_is_answered(self):
        self.assertEqual(self.url_open(self.path).status_code, HTTPStatus.METHOD_NOT_ALLOWED)

    def test_a_huge_message_is_refused(self):
        body = b'{"x":"' + b"a" * marketplace_account_webhook.MOST_BYTES + b'"}'
        response = self.post(body=body)
        self.assertEqual(response.status_code, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    @covers("R195", "R333")
    def test_too_many_messages_are_told_when_to_come_again(self):
        self.account.webhook_rate = 2
        self.env.cr.flush()
        self.assertEqual([self.post().status_code for _call in range(3)], [200, 200, 429])
        response = self.post()
        self.assertEqual(response.headers["Retry-After"], "30")
        self.assertEqual(response.json(), {"error": "too_many"})
        self.clock.now += 30
        self.assertEqual(self.post().status_code, HTTPStatus.OK)

    def test_a_paused_account_still_stores(self):
        self.account._pause("test")
        self.env.cr.flush()
        self.assertEqual(self.post().status_code, HTTPStatus.OK)
        self.assertEqual(len(self.stored()), 1)

    @covers("R191")
    def test_the_log_holds_neither_secrets_nor_the_buyer(self):
        name = "odoo.addons.marketplace.models.marketplace_account_webhook"
        # Odoo's test runner gives the name INFO to another level.
        with self.assertLogs(name, logging.INFO) as log:
            self.post(buyer={"id": "1", "name": "Mona Secret", "phone": "+201234567890"})
            self.post(secret="guess")
        text = "\n".join(log.output)
        self.assertIn(f"Webhook of account {self.account.id}: 1 events, 1 new", text)
        self.assertIn(f"Webhook of account {self.account.id} refused: 401", text)
        for secret in ("Mona", "+2012", "hush", "fake-token", self.account.webhook_token):
            self.assertNotIn(secret, text)

    def test_nothing_of_the_message_is_executed_or_shown(self):
        document = self.document("<script>alert(1)</script>", note="{{ 7*7 }} ${7*7}")
        self.assertEqual(self.post(document).status_code, HTTPStatus.OK)
        self.assertEqual(self.stored().payload["note"], "{{ 7*7 }} ${7*7}")
        self.assertEqual(json.loads(self.post(document).text), {"received": 1})

    @covers("X51")
    def test_a_business_problem_is_answered_with_success(self):
        self.assertEqual(self.post({"id": "W-9", "status": "delivered"}).status_code, HTTPStatus.OK)

    def pour(self, count):
        for number in range(count):
            self.assertEqual(self.post(order_id=f"B-{number}").status_code, HTTPStatus.OK)

    def process(self):
        engine = self.env.ref("marketplace.user_engine")
        self.env["marketplace.engine"].with_user(engine)._job_process(self.account.id)
        return self.env["queue.job"].search(
            [
                ("identity_key", "=", f"marketplace:_job_process:{self.account.id}:0"),
                ("state", "=", "pending"),
                ("eta", "!=", False),
            ]
        )

    def test_while_messages_pour_in_the_import_comes_back_a_moment_later(self):
        self.pour(marketplace_const.BURST_MESSAGES)
        self.assertEqual(len(self.process()), 1)
        self.assertEqual(set(self.stored().mapped("status")), {"new"})

    def test_nine_messages_a_second_are_no_burst(self):
        self.pour(marketplace_const.BURST_MESSAGES - 1)
        self.assertFalse(self.process())
        self.assertNotIn("new", self.stored().mapped("status"))

    def test_the_oldest_message_of_a_burst_waits_at_most_five_seconds(self):
        self.pour(marketplace_const.BURST_MESSAGES)
        self.env.cr.execute(
            "UPDATE marketplace_inbox SET received_at = received_at - interval '6 s'"
            " WHERE account_id = %s AND external_id = 'B-0'",
            [self.account.id],
        )
        self.process()
        self.assertNotIn("new", self.stored().mapped("status"))
