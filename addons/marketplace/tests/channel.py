"""What the tests of channels have in common: the real sandbox, over HTTP on this machine."""

import requests

from marketplace_sandbox import SandboxServer

from .common import EngineCase


class Control:
    """The sandbox's control API: the side of one channel and its buyers."""

    provider = None
    timeout = 30

    def __init__(self, server):
        self.server = server
        self.base_url = f"{server.url}/{self.provider}"
        self.session = requests.Session()

    def call(self, method, path, body=None):
        answer = self.session.request(
            method, f"{self.server.url}/_control/{path}", json=body, timeout=self.timeout
        )
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def order(self, order_id):
        return self.call("GET", f"{self.provider}/orders/{order_id}")

    def act(self, order_id, step, **body):
        return self.call("POST", f"{self.provider}/orders/{order_id}/{step}", body)

    def calls(self, endpoint):
        """Calls of one endpoint or operation since the last reset, oldest first."""
        path = f"calls?endpoint={endpoint}&provider={self.provider}&limit=2000"
        return self.call("GET", path)[::-1]

    def fail(self, endpoint, effect, **params):
        match = {"provider": self.provider, "endpoint": endpoint}
        self.call("POST", "faults", {"match": match, "effect": effect, **params})

    def settings(self, **values):
        return self.call("POST", f"{self.provider}/settings", values)

    def advance(self, seconds):
        self.call("POST", "clock", {"advance": seconds})


class ChannelCase(EngineCase):
    """One account of a channel; everything in one transaction."""

    provider = None

    @classmethod
    def _start_sandbox(cls, control):
        """:param control: a kind of :class:`Control`."""
        server = SandboxServer()
        server.start()
        cls.addClassCleanup(server.stop)
        return control(server)

    # === ENGINE === #

    def _accounts(self):
        return self.env["marketplace.account"].search(
            [("provider", "=", self.provider), ("state", "!=", "draft")]
        )

    def send(self):
        """What the jobs would do: dispatch and send until nothing more can be sent.

        Budgets are full at every turn: here time stands still.
        """
        self._engine()._job_dispatch()
        left = None
        while left != (left := self._forget_budgets()):
            self._send_once()

    def _send_once(self):
        engine = self.env["marketplace.engine"].with_user(self.env.ref("marketplace.user_engine"))
        for account in self._accounts():
            engine._job_send(account.id)
        self.env.invalidate_all()

    def _forget_budgets(self):
        """Full budgets, and nothing that waits for one.

        :return: ids of what is still to be sent.
        """
        self.env["marketplace.budget"].sudo().search([]).unlink()
        waiting = self.env["marketplace.outbox"].search([("status", "=", "new")])
        waiting.filtered("not_before").not_before = False
        self.env.flush_all()
        return waiting.ids

    def finish(self, control):
        """The channel works on what it was given; then it is asked what became of it.

        The next of a kind may go at once: here time stands still.
        """
        control.advance(60)
        self._forget_budgets()
        pending = self.env["marketplace.submission"].search([("state", "=", "pending")])
        pending.poll_at = "2000-01-01"
        self._engine()
        self._send_once()

    def fetch(self, *topics):
        """Pull and process, as the jobs would."""
        engine = self._engine()
        for account in self._accounts():
            for topic in topics or ("order",):
                account.with_user(engine.env.user)._pull_topic(topic)
            engine._job_process(account.id)
        self.env.invalidate_all()

    def order_of(self, order_id):
        return self.env["marketplace.order"].search([("external_id", "=", str(order_id))])

    def last(self, listing, kind):
        """The newest item that tells a kind of a listing."""
        return self.env["marketplace.outbox"].search(
            [("listing_id", "=", listing.id), ("kind", "=", kind)], order="id desc", limit=1
        )
