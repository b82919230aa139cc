"""A Shopify that answers each root field with what it was told, over a real socket."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, parse

from marketplace_adapters.core import Budget, Connection, Transport
from marketplace_adapters.shopify import ShopifyAdapter
from marketplace_adapters.shopify.auth import TOKENS
from marketplace_adapters.shopify.product_read import forget_definitions
from marketplace_adapters.shopify.settings import origins
from marketplace_adapters.testing.server import Call, Reply, ScriptedServer

API = "/admin/api/2026-10/graphql.json"
TOKEN = "/admin/oauth/access_token"
CREDENTIALS = {"client_id": "stub-app", "client_secret": "shpss_stub_secret_77"}
Answer = Callable[[Mapping[str, Any]], Any]


class ShopifyStub:
    """Answers by root field; without an answer for one, the call is refused."""

    def __init__(self, front: ScriptedServer) -> None:
        self.front = front
        self.answers: dict[str, Answer] = {}
        self.script: deque[dict[str, Any]] = deque()
        self.tokens = 0
        self.life: float = 86399
        front.forget()
        front.handle_with(self.answer)
        TOKENS.clear()
        forget_definitions()

    def adapter(
        self,
        credentials: Mapping[str, str] | None = None,
        budget: Budget | None = None,
        clock: Any = None,
        **options: Any,
    ) -> ShopifyAdapter:
        own = CREDENTIALS if credentials is None else credentials
        connection = Connection(self.front.base_url, own, options, "EUR")
        others = origins(connection)
        transport = Transport(self.front.base_url, others=others, timeout=(1.0, 5.0), clock=clock)
        return ShopifyAdapter(connection, budget=budget, transport=transport)

    def next(self, *answers: dict[str, Any]) -> None:
        """Whole bodies that the next GraphQL calls get."""
        self.script.extend(answers)

    def answer(self, call: Call) -> Reply:
        if call.path == TOKEN:
            self.tokens += 1
            token = f"shpat_stub_{self.tokens:04d}"
            body = {"access_token": token, "scope": "write_products", "expires_in": self.life}
            return Reply(200, body)
        if call.path != API:
            return Reply(404, {"errors": "Not Found"})
        if self.script:
            return Reply(200, self.script.popleft())
        data: dict[str, Any] = {}
        for root in root_fields(call.json["query"]):
            if root not in self.answers:
                return Reply(200, {"errors": [{"message": f"no answer for {root}"}]})
            data[root] = self.answers[root](call.json["variables"])
        return Reply(200, {"data": data, "extensions": {"cost": cost(10, 10)}})

    def sent(self, root: str) -> list[Mapping[str, Any]]:
        """Variables of the calls with that root field."""
        return [
            call.json["variables"]
            for call in self.front.calls
            if call.path == API and root in root_fields(call.json["query"])
        ]


def root_fields(query: str) -> list[str]:
    """Root fields of the operation."""
    for one in parse(query).definitions:
        if isinstance(one, OperationDefinitionNode):
            return [
                field.name.value
                for field in one.selection_set.selections
                if isinstance(field, FieldNode)
            ]
    return []


def cost(requested: float, actual: float | None, available: float = 1900) -> dict[str, Any]:
    """``extensions.cost``."""
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": available,
            "restoreRate": 100.0,
        },
    }
