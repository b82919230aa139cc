"""When which price, quantity or product change was accepted; for measurements."""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import Any

from werkzeug.wrappers import Request

from ..control import whole_of
from .part import Context, Part, Route

KEEP = 200_000


class Acceptances(Part):
    """The last accepted changes, in memory."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.rows_kept: deque[dict[str, Any]] = deque(maxlen=KEEP)
        self._serial = itertools.count(1)

    def clear(self) -> None:
        self.rows_kept.clear()

    def note(
        self,
        field: str,
        value: Any,
        changed: bool,
        ctx: Context | None,
        **where: Any,
    ) -> None:
        """:param where: product, variant, item, sku, location."""
        self.rows_kept.append(
            {
                "seq": next(self._serial),
                "at": time.time(),
                "monotonic": time.monotonic(),
                "field": field,
                "value": value,
                "changed": changed,
                "origin": ctx.origin if ctx else "hand",
                "call": ctx.call if ctx else None,
                **where,
            }
        )

    def routes(self) -> list[Route]:
        return [("GET", "/acceptances", self._list), ("DELETE", "/acceptances", self._forget)]

    def _list(self, request: Request) -> Any:
        """``?after&limit&field&sku&product&changed=true&origin=bulk``"""
        args = request.args
        after, limit = whole_of(args, "after", 0), whole_of(args, "limit", KEEP)
        wanted = {each: args[each] for each in ("field", "sku", "product", "variant", "location")
                  if each in args}  # fmt: skip
        rows = [
            each
            for each in list(self.rows_kept)
            if each["seq"] > after
            and all(str(each.get(name)) == value for name, value in wanted.items())
            and (args.get("changed") != "true" or each["changed"])
            and each["origin"].startswith(args.get("origin", ""))
        ]
        return rows[:limit]

    def _forget(self, request: Request) -> Any:
        self.rows_kept.clear()
        return {}
