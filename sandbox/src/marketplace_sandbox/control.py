"""The control API below ``/_control/``: for tests, demos, benchmarks and the page itself.

All bodies are JSON. A mistake of the caller is answered with 400 and ``{"error": …}``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .clock import parse_time
from .limits import RateLimit
from .room import Room, Services
from .wire import ApiError, Invalid, boolean_of, integer_of, json_response, parse_json

MAX_WAIT = 300.0
TICK = 0.5
Handler = Callable[..., Any]
Look = Callable[[], tuple[bool, dict[str, Any]]]
"""Whether something is so, and what was seen."""


def body_of(request: Request, known: Collection[str] | None = None) -> dict[str, Any]:
    """The JSON object of a control request; an empty body is an empty object.

    :param known: members that it may have; None takes any.
    :raises ApiError: 400, it is something else, or has an unknown member.
    """
    data = request.get_data()
    if not data.strip():
        return {}
    found = parse_json(data)
    if not isinstance(found, dict):
        raise ApiError(400, "A JSON object is expected")
    if known is not None and (unknown := set(found) - set(known)):
        raise ApiError(400, f"unknown members: {', '.join(sorted(unknown))}")
    return found


def seconds_of(value: Any, name: str, default: float, most: float = MAX_WAIT) -> float:
    """:raises Invalid: not a finite number from 0 to `most`."""
    if value is None:
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Invalid(f"{name} must be a number of seconds") from None
    if not math.isfinite(number) or not 0 <= number <= most:
        raise Invalid(f"{name} must be between 0 and {most:g}")
    return number


def whole_of(args: Mapping[str, Any], name: str, default: int, most: int = 10**9) -> int:
    """A whole number of the query string. :raises Invalid: it is none."""
    return default if args.get(name) is None else integer_of(args[name], name, 0, most)


def wait_ticking(
    services: Services,
    tick: Callable[[], object],
    predicate: Callable[[], Any],
    timeout: float,
) -> Any:
    """Wait until the predicate is true, and let happen meanwhile what is due on the clock.

    :param tick: called before each look and twice a second; not under the lock.
    :return: the last value of the predicate.
    """
    until = time.monotonic() + timeout
    while True:
        tick()
        left = until - time.monotonic()
        found = services.store.wait_for(
            lambda: services.stopping.is_set() or predicate(), max(0.0, min(TICK, left))
        )
        if predicate() or left <= TICK or services.stopping.is_set():
            return predicate() if found else found


@lru_cache
def _compiled(routes: tuple[tuple[str, str], ...]) -> Map:
    """The rules of (method, path) pairs, their endpoints are places in the list.

    Compiling takes a millisecond a rule, so it is done when somebody asks, once in a process.
    """
    rules = [
        Rule(path, methods=[method], endpoint=number)
        for number, (method, path) in enumerate(routes)
    ]
    return Map(rules, strict_slashes=False)


def wait_answer(
    services: Services, args: Mapping[str, Any], look: Look, tick: Callable[[], object]
) -> Response:
    """Wait until a look finds what is asked for, and say what it saw: 200, or 408 after `timeout`.

    :param tick: see :func:`wait_ticking`.
    :raises Invalid: `timeout` is no number of seconds.
    """
    timeout = seconds_of(args.get("timeout"), "timeout", 30.0)
    started = time.monotonic()
    found = wait_ticking(services, tick, lambda: look()[0], timeout)
    with services.store.lock:
        seen = look()[1]
    result = {"matched": bool(found), "waited": time.monotonic() - started, **seen}
    return json_response(result, 200 if found else 408)


def look_for_calls(services: Services, provider: str, args: Mapping[str, Any]) -> Look:
    """`calls` (how many since the last reset) to `endpoint` (all).

    :raises Invalid: `calls` is no number.
    """
    wanted, endpoint = whole_of(args, "calls", 1), args.get("endpoint", "")

    def look() -> tuple[bool, dict[str, Any]]:
        count = services.calls.count(provider, endpoint)
        return count >= wanted, {"calls": count}

    return look


class Router:
    """Maps method and path to functions ``handler(request, **parts)`` that return JSON data."""

    def __init__(self, routes: list[tuple[str, str, Handler]]) -> None:
        self._handlers = [handler for _, _, handler in routes]
        self.routes = [(method, path) for method, path, _ in routes]

    def answer(self, request: Request, path: str) -> Response | None:
        """Run the handler; None when no route has this path."""
        adapter = _compiled(tuple(self.routes)).bind("sandbox")
        try:
            number, parts = adapter.match("/" + path.strip("/"), method=request.method)
        except MethodNotAllowed as error:
            allowed = ", ".join(error.valid_methods or ())
            raise ApiError(405, "Method not allowed", headers={"Allow": allowed}) from None
        except HTTPException:
            return None
        try:
            result = self._handlers[number](request, **parts)
        except Invalid as error:
            raise ApiError(400, str(error)) from None
        return result if isinstance(result, Response) else json_response(result)


class Control:
    """Everything that is not of one room alone."""

    def __init__(self, services: Services, rooms: Mapping[str, Room]) -> None:
        self._services = services
        self._rooms = rooms
        self._router = Router(
            [
                ("GET", "/", self._index),
                ("GET", "/health", self._health),
                ("GET", "/state", self._state),
                ("POST", "/reset", self._reset),
                ("POST", "/seed", self._seed),
                ("GET", "/changes", self._changes),
                ("GET", "/calls", self._calls),
                ("GET", "/calls/<int:identifier>", self._call),
                ("DELETE", "/calls", self._forget_calls),
                ("GET", "/counters", self._counters),
                ("GET", "/clock", self._clock),
                ("POST", "/clock", self._set_clock),
                ("DELETE", "/clock", self._real_clock),
                ("GET", "/faults", self._faults),
                ("POST", "/faults", self._add_faults),
                ("DELETE", "/faults", self._clear_faults),
                ("DELETE", "/faults/<identifier>", self._remove_fault),
                ("GET", "/limits", self._limits),
                ("PUT", "/limits/<provider>", self._set_limits),
                ("DELETE", "/limits/<provider>", self._drop_limits),
                ("GET", "/webhooks", self._webhooks),
                ("POST", "/webhooks", self._subscribe),
                ("DELETE", "/webhooks", self._unsubscribe_all),
                ("DELETE", "/webhooks/<identifier>", self._unsubscribe),
                ("GET", "/webhooks/deliveries", self._deliveries),
                ("DELETE", "/webhooks/deliveries", self._forget_deliveries),
                ("POST", "/webhooks/deliveries/<int:identifier>/again", self._redeliver),
                ("POST", "/webhooks/flush", self._flush),
                ("GET", "/webhooks/wait", self._wait_webhooks),
            ]
        )

    def answer(self, request: Request, path: str) -> Response:
        """:raises ApiError: refused, or there is no such path."""
        first, _, rest = path.partition("/")
        room = self._rooms.get(first)
        if room is not None:
            try:
                response = room.control(request, rest)
            except Invalid as error:
                raise ApiError(400, str(error)) from None
        else:
            response = self._router.answer(request, path)
        if response is None:
            raise ApiError(404, "There is no such control path", "/" + path)
        return response

    # === STATE === #

    def _index(self, request: Request) -> Any:
        routes = [f"{method} /_control{path}" for method, path in self._router.routes]
        return {"rooms": list(self._rooms), "routes": routes}

    def _health(self, request: Request) -> Any:
        return {"ok": True, "rooms": list(self._rooms), "revision": self._services.store.revision}

    def _state(self, request: Request) -> Any:
        services = self._services
        with services.store.lock:
            return {
                "clock": services.clock.state(),
                "rooms": {name: room.state() for name, room in self._rooms.items()},
                "faults": services.faults.state(),
                "limits": services.limiter.state(),
                "webhooks": [each.state() for each in services.webhooks.subscriptions()],
                "counters": services.calls.counters(),
                "calls": [call.state() for call in services.calls.select(limit=200)],
            }

    def _chosen(self, body: dict[str, Any]) -> list[Room]:
        name = body.get("provider")
        if name is None:
            return list(self._rooms.values())
        room = self._rooms.get(str(name))
        if room is None:
            raise Invalid(f"unknown provider {str(name)[:40]!r}")
        return [room]

    def _reset(self, request: Request) -> Any:
        """Forget everything but webhook subscriptions (``"webhooks": true`` forgets them too)."""
        body = body_of(request, {"provider", "seed", "webhooks"})
        rooms, seed = self._chosen(body), body.get("seed")
        self._services.start_over(boolean_of(body.get("webhooks", False), "webhooks"))
        for room in rooms:
            room.reset()
            if seed is not None:
                self._seed_room(room, str(seed))
        self._services.calls.clear()
        return {"reset": [room.name for room in rooms], "seed": seed}

    def _seed(self, request: Request) -> Any:
        body = body_of(request, {"provider", "name"})
        rooms, name = self._chosen(body), str(body.get("name") or "demo")
        for room in rooms:
            self._seed_room(room, name)
        return {"seeded": [room.name for room in rooms], "name": name}

    @staticmethod
    def _seed_room(room: Room, name: str) -> None:
        try:
            room.seed(name)
        except ValueError as error:
            raise Invalid(str(error)) from None

    def _tick(self) -> None:
        for room in self._rooms.values():
            room.tick()

    def _changes(self, request: Request) -> Any:
        """Wait until the revision is above `since`, at most `timeout` seconds."""
        store, args = self._services.store, request.args
        since = whole_of(args, "since", store.revision)
        timeout = seconds_of(args.get("timeout"), "timeout", 25.0)
        wait_ticking(
            self._services,
            self._tick,
            lambda: store.revision > since,
            timeout,
        )
        return {"revision": store.revision, "changed": store.revision > since}

    # === CALLS === #

    def _calls(self, request: Request) -> Any:
        args = request.args
        found = self._services.calls.select(
            args.get("provider", ""),
            args.get("endpoint", ""),
            whole_of(args, "after", 0),
            whole_of(args, "limit", 100, 2_000),
        )
        bodies = boolean_of(args.get("bodies", "true"), "bodies")
        return [call.state(bodies) for call in found]

    def _call(self, request: Request, identifier: int) -> Any:
        call = self._services.calls.get(identifier)
        if call is None:
            raise ApiError(404, "This call is not in the log")
        return call.state()

    def _forget_calls(self, request: Request) -> Any:
        self._services.calls.clear()
        return {}

    def _counters(self, request: Request) -> Any:
        return self._services.calls.counters()

    # === CLOCK === #

    def _clock(self, request: Request) -> Any:
        return self._services.clock.state()

    def _set_clock(self, request: Request) -> Any:
        """``{"mode": "real"|"frozen"|"offset", "at": ISO, "offset": s}`` or ``{"advance": s}``."""
        clock = self._services.clock
        body = body_of(request, {"mode", "at", "offset", "advance"})
        try:
            at = parse_time(str(body["at"])) if body.get("at") else None
        except ValueError as error:
            raise Invalid(f"at: {error}") from None
        mode = body.get("mode")
        if mode not in (None, "real", "frozen", "offset"):
            raise Invalid("mode must be real, frozen or offset")
        if mode == "real":
            clock.real()
        elif mode == "frozen":
            clock.freeze(at)
        elif at is not None:
            clock.real()
            clock.shift(at - clock.now())
        elif mode == "offset":
            clock.shift(_span(body.get("offset"), "offset"))
        if body.get("advance") is not None:
            clock.advance(_span(body["advance"], "advance"))
        self._services.store.touch()
        return clock.state()

    def _real_clock(self, request: Request) -> Any:
        self._services.clock.real()
        self._services.store.touch()
        return self._services.clock.state()

    # === FAULTS AND LIMITS === #

    def _faults(self, request: Request) -> Any:
        return self._services.faults.state()

    def _add_faults(self, request: Request) -> Any:
        """One rule, or a list of rules; nothing is added when one of them is wrong."""
        data = parse_json(request.get_data())
        rules = data if isinstance(data, list) else [data]
        if not all(isinstance(rule, dict) for rule in rules):
            raise Invalid("a rule must be an object")
        try:
            for rule in rules:
                self._services.faults.check(rule)
            added = [self._services.faults.add(rule).state() for rule in rules]
        except ValueError as error:
            raise Invalid(str(error)) from None
        self._services.store.touch()
        return added if isinstance(data, list) else added[0]

    def _clear_faults(self, request: Request) -> Any:
        self._services.faults.clear()
        self._services.store.touch()
        return []

    def _remove_fault(self, request: Request, identifier: str) -> Any:
        if not self._services.faults.remove(identifier):
            raise ApiError(404, "There is no such rule")
        self._services.store.touch()
        return self._services.faults.state()

    def _limits(self, request: Request) -> Any:
        return self._services.limiter.state()

    def _set_limits(self, request: Request, provider: str) -> Any:
        """One limit ``{"limit": 40, "seconds": 60, "burst"?, "endpoint"?}`` or a list of them."""
        self._chosen({"provider": provider})
        data = parse_json(request.get_data())
        found = data if isinstance(data, list) else [data]
        if not all(isinstance(each, dict) for each in found):
            raise Invalid("a limit must be an object")
        try:
            limits = [RateLimit.parse(each) for each in found]
        except ValueError as error:
            raise Invalid(str(error)) from None
        self._services.limiter.configure(provider, limits)
        self._services.store.touch()
        return self._services.limiter.state()

    def _drop_limits(self, request: Request, provider: str) -> Any:
        self._chosen({"provider": provider})
        self._services.limiter.configure(provider, [])
        self._services.store.touch()
        return self._services.limiter.state()

    # === WEBHOOKS === #

    def _webhooks(self, request: Request) -> Any:
        return [each.state() for each in self._services.webhooks.subscriptions()]

    def _subscribe(self, request: Request) -> Any:
        body = body_of(request)
        if body.get("provider") is None and len(self._rooms) == 1:
            body["provider"] = next(iter(self._rooms))
        room = self._chosen({"provider": body.get("provider") or ""})[0]
        try:
            room.check_webhook(body)
            return self._services.webhooks.subscribe(body).state()
        except ValueError as error:
            raise Invalid(str(error)) from None

    def _unsubscribe_all(self, request: Request) -> Any:
        return {"removed": self._services.webhooks.unsubscribe()}

    def _unsubscribe(self, request: Request, identifier: str) -> Any:
        if not self._services.webhooks.unsubscribe(identifier):
            raise ApiError(404, "There is no such subscription")
        return {"removed": 1}

    def _deliveries(self, request: Request) -> Any:
        limit = whole_of(request.args, "limit", 100, 1_000)
        return [each.describe() for each in self._services.webhooks.deliveries(limit)]

    def _forget_deliveries(self, request: Request) -> Any:
        self._services.webhooks.clear()
        return {}

    def _redeliver(self, request: Request, identifier: int) -> Any:
        if not self._services.webhooks.redeliver(identifier):
            raise ApiError(404, "This delivery is not in the log")
        return {}

    def _flush(self, request: Request) -> Any:
        return {"released": self._services.webhooks.flush()}

    def _wait_webhooks(self, request: Request) -> Any:
        """Wait until `delivered` deliveries arrived, or, without it, until nothing waits."""
        args, webhooks = request.args, self._services.webhooks
        timeout = seconds_of(args.get("timeout"), "timeout", 10.0)
        if args.get("delivered") is None:
            reached = webhooks.wait_idle(timeout)
        else:
            reached = webhooks.wait_delivered(whole_of(args, "delivered", 0), timeout)
        return json_response({"reached": reached}, 200 if reached else 408)


def _span(value: Any, name: str) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Invalid(f"{name} must be a number of seconds")
    seconds = float(value)
    if not abs(seconds) <= 10**9:
        raise Invalid(f"{name} is too large")
    return timedelta(seconds=seconds)
