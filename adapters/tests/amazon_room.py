"""The stub behind a scripted server, with its login beside it: what tests of the adapter open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import amazon_samples as samples
from amazon_stub import AmazonStub, LoginStub
from marketplace_adapters.amazon import AmazonAdapter
from marketplace_adapters.amazon.auth import TOKENS
from marketplace_adapters.amazon.settings import origins
from marketplace_adapters.core import Budget, Connection, Submission, ThrottledError, Transport
from marketplace_adapters.testing.server import ScriptedServer

CREDENTIALS = {
    "client_id": "amzn1.application-oa2-client.stub",
    "client_secret": "amzn1.oa2-cs.stub-secret-33",
    "refresh_token": "Atzr|stub-refresh-91",
}


class Room:
    """One account on the stub."""

    def __init__(self, front: ScriptedServer, login: ScriptedServer) -> None:
        self.front, self.login = front, login
        self.stub = AmazonStub(front.base_url)
        self.logins = LoginStub(CREDENTIALS["client_secret"], CREDENTIALS["refresh_token"])
        front.handle_with(self.stub.answer)
        login.handle_with(self.logins.answer)
        TOKENS.clear()

    def adapter(
        self,
        budget: Budget | None = None,
        credentials: dict[str, str] | None = None,
        **options: Any,
    ) -> AmazonAdapter:
        own = {
            "seller_id": samples.SELLER,
            "marketplaces": [samples.DE, samples.UK],
            "token_url": f"{self.login.base_url}/auth/o2/token",
        }
        keys = CREDENTIALS if credentials is None else credentials
        connection = Connection(self.front.base_url, keys, own | options)
        transport = Transport(self.front.base_url, others=origins(connection), timeout=(1.0, 5.0))
        return AmazonAdapter(connection, budget=budget, transport=transport)

    def operations(self) -> list[str]:
        """What was called so far: the method, and what of."""
        found = []
        for call in self.front.calls:
            parts = call.path.strip("/").split("/")
            found.append(f"{call.method} {parts[0] if parts[0] == 'documents' else parts[2]}")
        return found

    def end(self, adapter: AmazonAdapter, submission: Submission) -> Submission:
        """Let the feeds be processed, and ask."""
        assert not submission.done
        self.stub.finish()
        return adapter.poll(submission.remote_id or "")


@contextmanager
def opened() -> Iterator[Room]:
    """A room of its own."""
    with ExitStack() as stack:
        front = stack.enter_context(ScriptedServer())
        login = stack.enter_context(ScriptedServer())
        yield Room(front, login)


class Purse:
    """A budget with so many tokens for a bucket, and no end for the others."""

    def __init__(self, **tokens: float) -> None:
        self.tokens = tokens
        self.taken: list[tuple[str, float]] = []
        self.learned: list[tuple[str, float | None, float | None]] = []

    def take(self, bucket: str, cost: float = 1.0) -> None:
        self.taken.append((bucket, cost))
        left = self.tokens.get(bucket, 1e9)
        if left < cost:
            raise ThrottledError(f"No budget for {bucket}.", retry_after=7.0)
        self.tokens[bucket] = left - cost

    def learn(
        self,
        bucket: str,
        *,
        remaining: float | None = None,
        limit: float | None = None,
        per_second: float | None = None,
        retry_after: float | None = None,
        unused: float | None = None,
    ) -> None:
        self.learned.append((bucket, per_second, retry_after))
