"""The WSGI application: simulated APIs below ``/<room>/``, control below ``/_control/``, pages.

request ─► slow? ─► rate limit ─► fault before ─► room ─► fault after ─► log ─► answer
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from .calls import Call, CallLog
from .clock import Clock
from .control import Control
from .faults import ROOM_EFFECTS, Faults, Plan
from .limits import Limiter
from .pages import Pages
from .room import Exchange, Room, Services, find_rooms
from .store import Store
from .webhooks import Webhooks
from .wire import ApiError, json_response


class ConnectionCut(Exception):  # noqa: N818 - an order to the server, not an error
    """The server shall close the connection without an answer."""


class Application:
    """The house with all its rooms.

    :param state: file to keep the state in (see `Store`); None keeps it in memory.
    :param seed: text that all pseudo-random numbers depend on.
    """

    def __init__(self, state: str | Path | None = None, seed: str = "sandbox") -> None:
        clock, store = Clock(), Store(state)
        faults = Faults(f"{seed}/faults")
        self.services = Services(
            clock=clock,
            store=store,
            faults=faults,
            limiter=Limiter(clock),
            calls=CallLog(store.touch),
            webhooks=Webhooks(faults, self._save_webhooks, store.touch),
            stopping=threading.Event(),
            seed=seed,
        )
        self.services.webhooks.load(store.meta.get("webhooks") or [])
        self.rooms: dict[str, Room] = find_rooms(self.services)
        self._control = Control(self.services, self.rooms)
        self._pages = Pages(self.services, self.rooms)

    def _save_webhooks(self, subscriptions: list[dict[str, Any]]) -> None:
        store = self.services.store
        with store.transaction():
            store.meta.put("webhooks", subscriptions)

    def close(self) -> None:
        """Stop the background work and let go of the state file."""
        self.services.stopping.set()
        self.services.webhooks.close()
        for room in self.rooms.values():
            room.close()
        self.services.store.close()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = Request(environ)
        return self._dispatch(request)(environ, start_response)

    def _dispatch(self, request: Request) -> Response:
        first, _, rest = request.path.lstrip("/").partition("/")
        try:
            if first == "_control":
                return self._control.answer(request, rest)
            room = self.rooms.get(first)
            if room is None:
                return self._pages.answer(request)
            endpoint = room.endpoint(request.method, rest)
            if endpoint is None:
                return room.page(request, rest) or self._pages.missing()
            return self._api(room, request, rest, endpoint)
        except ApiError as error:
            return error.response()

    # === API CALLS === #

    def _api(self, room: Room, request: Request, path: str, endpoint: str) -> Response:
        services = self.services
        body = request.get_data(cache=True)
        endpoint = room.refine(request, endpoint, body)
        token = room.credential(request)
        record = Call(
            id=services.calls.next_id(),
            at=time.time(),
            clock=services.clock.now(),
            provider=room.name,
            endpoint=endpoint,
            method=request.method,
            path="/" + path,
            query=request.query_string.decode("utf-8", "replace"),
            token=_mask(token),
            request_body=body,
            request_size=len(body),
        )
        facts = {
            "provider": room.name,
            "method": request.method,
            "path": "/" + path,
            "endpoint": endpoint,
            "token": token,
        }
        plan = services.faults.plan(facts, body)
        started = time.perf_counter()
        if plan.delay:
            services.stopping.wait(plan.delay)
        exchange = Exchange(request, path, endpoint, body, record, plan)
        try:
            response = self._answer(room, exchange, token)
            response.headers["X-Request-Id"] = str(record.id)
            record.status = response.status_code
            record.response_body = response.get_data()
            record.response_size = len(record.response_body)
            return response
        finally:
            record.duration_ms = (time.perf_counter() - started) * 1000
            services.calls.add(record)

    def _answer(self, room: Room, exchange: Exchange, token: str) -> Response:
        plan, record = exchange.plan, exchange.record
        verdict = self.services.limiter.check(room.name, exchange.endpoint, token)
        if verdict is not None and not verdict.allowed:
            response = room.refuse(429, "Too many requests")
        else:
            rule = plan.rule
            record.fault = rule.effect if rule else ("slow" if plan.delay else None)
            applied = rule is None or rule.effect in (*ROOM_EFFECTS, "timeout_after")
            if rule is not None and (applied or rule.params.get("applied")):
                response = self._after(room, plan, self._apply(room, exchange))
            elif rule is not None:
                response = self._after(room, plan, room.refuse(200, ""))
            else:
                response = self._apply(room, exchange)
        if verdict is not None:
            for name, value in verdict.headers.items():
                response.headers.setdefault(name, value)
        return response

    @staticmethod
    def _apply(room: Room, exchange: Exchange) -> Response:
        try:
            return room.api(exchange)
        except ApiError as error:
            return error.response()

    def _after(self, room: Room, plan: Plan, response: Response) -> Response:
        """Turn an answer into what the rule wants the client to get."""
        rule = plan.rule
        assert rule is not None
        effect, params = rule.effect, rule.params
        if effect in ("timeout_before", "timeout_after"):
            self.services.stopping.wait(params["hold"])
            raise ConnectionCut
        if effect == "revoked":
            return room.refuse(401, "Unauthorized")
        if effect == "status":
            return self._status(room, params)
        if effect == "html":
            page = "<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"
            return Response(page, params["status"], content_type="text/html; charset=utf-8")
        if effect == "empty":
            return Response(b"", params["status"], content_type="application/json")
        body = response.get_data()
        if effect == "wrong_json":
            response.set_data(body[: len(body) // 2] + b'{"unclosed": [')
        elif effect == "wrong_content_type":
            response.headers["Content-Type"] = "text/html; charset=utf-8"
        elif effect == "truncated":
            # The length is announced in full and the connection closed half-way.
            response.automatically_set_content_length = False
            response.set_data(body[: len(body) // 2])
            response.headers["Content-Length"] = str(max(len(body), 2))
        return response

    @staticmethod
    def _status(room: Room, params: dict[str, Any]) -> Response:
        status = int(params["status"])
        body = params["body"]
        if body is None:
            response = room.refuse(status, _REASONS.get(status, "Simulated failure"))
        elif isinstance(body, str):
            response = Response(body, status, content_type="text/plain; charset=utf-8")
        else:
            response = json_response(body, status)
        retry_after = params["retry_after"]
        if retry_after is not None:
            text = retry_after if isinstance(retry_after, str) else f"{retry_after:g}"
            response.headers["Retry-After"] = text
        return response


_REASONS = {
    429: "Too many requests",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


def _mask(token: str) -> str:
    """Enough of a token to tell two apart, not enough to use it."""
    return "" if not token else f"{token[:3]}…{token[-2:]}" if len(token) > 8 else "•••"
