"""Pages for people below ``/shopify/``: what the shop's admin would show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from .part import Page
    from .room import ShopifyRoom


class ShopifyPages:
    """The pages that the parts bring."""

    def __init__(self, room: ShopifyRoom) -> None:
        self._room = room
        self._pages: dict[str, Page] = {}
        for part in room.parts:
            self._pages.update(part.pages())

    def answer(self, request: Request, path: str) -> Response | None:
        """None when there is no such page."""
        first, _, rest = path.strip("/").partition("/")
        if request.method not in ("GET", "HEAD") or first not in self._pages:
            return None
        with self._room.services.store.lock:
            return self._pages[first](request, rest)
