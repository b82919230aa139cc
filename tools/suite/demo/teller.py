"""What the stories of all channels are told with."""

from __future__ import annotations

from typing import Any, ClassVar

from suite.demo.scene import Scene
from suite.stage import wait_until
from suite.web import OdooClient


class Teller:
    """Tells what happens on one channel, from outside: Odoo's interface and the sandbox's."""

    provider: ClassVar[str]

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.client: OdooClient = scene.client()

    def _account(self) -> list[int]:
        """The channel's first account that is connected."""
        found: list[int] = self.client(
            "marketplace.account",
            "search",
            [["provider", "=", self.provider], ["state", "!=", "draft"]],
            order="id",
            limit=1,
        )
        return found

    def _one(self, model: str, domain: list[Any], order: str = "id desc") -> int:
        (found,) = self.client(model, "search", domain, limit=1, order=order)
        return int(found)

    def _control(self, method: str, path: str, body: object = None) -> Any:
        """The control interface of the simulated channel."""
        return self.scene.channel(self.provider, method, path, body)

    def _wait(self, what: str, query: str) -> None:
        """Wait until a query says true."""
        sql = self.scene.cluster.sql
        wait_until(what, lambda: sql(self.scene.name, query) == [[True]], 120, every=0.3)
