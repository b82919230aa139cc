"""``/_control/shopify/…``: what a test, a demo or the page does past the API.

The routes of the parts are added to those here.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from ..control import Look, Router, body_of, look_for_calls, wait_answer
from ..wire import Invalid, boolean_of, decimal_of, text_of
from .access import APPS

if TYPE_CHECKING:
    from .room import ShopifyRoom


class ShopifyControl:
    """The control routes of the room."""

    def __init__(self, room: ShopifyRoom) -> None:
        self._room = room
        routes = [
            ("GET", "/settings", lambda request: room.settings.state()),
            ("POST", "/settings", lambda request: room.change_settings(body_of(request)).state()),
            ("GET", "/book", lambda request: room.book()),
            ("POST", "/tick", lambda request: {}),
            ("GET", "/wait", self._wait),
            ("POST", "/tokens", self._token),
            ("POST", "/tokens/expire", lambda request: {"expired": room.tokens.expire()}),
            ("POST", "/throttle", self._throttle),
            ("GET", "/throttle", self._throttles),
        ]
        for part in room.parts:
            routes += part.routes()
        self._router = Router(routes)
        self._looks: dict[str, Callable[[str], dict[str, Any] | None]] = {}
        for part in room.parts:
            self._looks.update(part.looks())

    def answer(self, request: Request, path: str) -> Response | None:
        if request.method == "GET":
            return self._router.answer(request, path)
        with self._room.services.store.transaction():
            return self._router.answer(request, path)

    def _token(self, request: Request) -> Any:
        """``{"token"?, "revoked"?, "app"?}``: adds or revokes one; without `token`: all."""
        body = body_of(request, {"token", "revoked", "app"})
        tokens = self._room.tokens
        revoked = boolean_of(body.get("revoked", False), "revoked")
        if body.get("token") is None:
            return {"changed": tokens.revoke(None, revoked)}
        token, app = text_of(body["token"], "token", 200), str(body.get("app") or "static")
        if app not in APPS:
            raise Invalid(f"app must be one of {', '.join(APPS)}")
        if token not in tokens.table:
            tokens.add(token, app)
        return {"changed": tokens.revoke(token, revoked)}

    def _throttle(self, request: Request) -> Any:
        """``{"restore_rate"?, "maximum"?, "fill"?, "available"?, "app"?}``: another plan, full
        buckets and nothing counted, or so many points left."""
        known = {"restore_rate", "maximum", "fill", "available", "app"}
        body = body_of(request, known)
        names = {"restore_rate": "restore_rate", "maximum": "bucket"}
        values = {names[name]: body[name] for name in names if name in body}
        if values:
            self._room.change_settings(values)
        if boolean_of(body.get("fill", False), "fill"):
            self._room.throttle.clear()
        if "available" in body:
            level = float(decimal_of(body["available"], "available"))
            for app in [body["app"]] if body.get("app") else APPS:
                self._room.throttle.set(app, level, self._room.now())
        return self._throttles(request)

    def _throttles(self, request: Request) -> Any:
        """Points that were spent and calls that were refused since the last fill, and the apps'
        buckets."""
        room = self._room
        bounds = (room.now(), room.settings.bucket, room.settings.restore_rate)
        return {
            "spent": round(room.throttle.spent, 1),
            "throttled": room.throttle.throttled,
            **{app: room.throttle.status(app, *bounds) for app in APPS},
        }

    def _wait(self, request: Request) -> Any:
        """Wait until something is so; 408 after `timeout` seconds.

        ``?sku=COL-330&field=price&value=12.5``, ``?product=8001&field=status&value=DRAFT``,
        ``?bulk=3001&field=status&value=COMPLETED``, ``?calls=3&endpoint=productSet``.
        """
        args, room = request.args, self._room
        return wait_answer(room.services, args, self._look(args), room.tick)

    def _look(self, args: Any) -> Look:
        """One thing by name (``sku``, ``product``, ``bulk`` …), or so many calls."""
        room = self._room
        if "calls" in args:
            return look_for_calls(room.services, room.name, args)
        name = next((each for each in self._looks if each in args), None)
        if name is None:
            raise Invalid(f"one of {', '.join(sorted(self._looks))} or calls is needed")
        look, text, field = self._looks[name], args[name], args.get("field", "")

        def row() -> tuple[bool, dict[str, Any]]:
            found = look(text)
            value = (found or {}).get(field) if field else found
            return _same(value, args.get("value")), {name: found}

        return row


def _same(found: Any, wanted: str | None) -> bool:
    """Compare a value with the text of a query: numbers as numbers, ``null`` as nothing."""
    if wanted is None:
        return found is not None
    if found is None:
        return wanted == "null"
    if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
        try:
            return Decimal(wanted) == found
        except ArithmeticError:
            return False
    if isinstance(found, list):
        return wanted in [str(each) for each in found]
    return str(found) == wanted
