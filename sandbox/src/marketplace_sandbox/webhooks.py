"""Deliveries to the outside: a background sender with retries, faults and a log.

    publish ──► waiting ──► delivered
                   │  ▲
                   │  └── failed attempt, retries left
                   ├────► failed     (retries used up)
                   └────► dropped    (by a fault rule)

One worker sends in order, as long as no rule says otherwise.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .faults import FaultRule, Faults
from .subscriptions import Connections, Subscription, post
from .wire import to_json

KEEP = 1_000
#: (body as it is sent, whether a fault wants it forged) → headers of a delivery, signature included
Head = Callable[[bytes, bool], dict[str, str]]
#: told after every attempt: the delivery, and whether it was taken
Listener = Callable[["Delivery", bool], None]


@dataclass
class Delivery:
    """One body on its way to one subscription."""

    id: int
    subscription: Subscription
    topic: str
    key: str
    body: bytes
    created_at: float
    state: str = "waiting"
    attempts: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "subscription": self.subscription.id,
            "url": self.subscription.url,
            "topic": self.topic,
            "key": self.key,
            "style": self.subscription.style,
            "state": self.state,
            "created_at": self.created_at,
            "attempts": self.attempts,
            "faults": self.faults,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
        }


class Webhooks:
    """Subscriptions, the queue of deliveries, and the worker that empties it.

    :param save: gets the list of subscriptions whenever it changes, to keep it.
    :param changed: called after every change of a delivery.
    """

    def __init__(
        self,
        faults: Faults,
        save: Callable[[list[dict[str, Any]]], None],
        changed: Callable[[], None],
    ) -> None:
        self._faults = faults
        self._save = save
        self._changed = changed
        self._cond = threading.Condition()
        self._serial = itertools.count(1)
        self._order = itertools.count(1)
        self._subscriptions: dict[str, Subscription] = {}
        self._listeners: dict[str, Listener] = {}
        self._forgotten: set[str] = set()
        self._log: deque[Delivery] = deque(maxlen=KEEP)
        self._queue: list[tuple[float, int, list[Delivery]]] = []
        self._held: list[Delivery] = []
        self._release_at = 0.0
        self._busy = 0
        self._closed = False
        self._worker: threading.Thread | None = None

    # === SUBSCRIPTIONS === #

    def subscribe(self, data: dict[str, Any]) -> Subscription:
        """Add or replace a subscription. :raises ValueError: it is not well-formed."""
        with self._cond:
            subscription = Subscription.parse(data, f"webhook-{len(self._subscriptions) + 1}")
            self._subscriptions[subscription.id] = subscription
        self._saved()
        return subscription

    def unsubscribe(self, identifier: str | None = None) -> int:
        """Remove one subscription, or all; returns how many."""
        with self._cond:
            chosen = list(self._subscriptions) if identifier is None else [identifier]
            count = sum(self._subscriptions.pop(each, None) is not None for each in chosen)
        self._saved()
        return count

    def load(self, subscriptions: list[dict[str, Any]]) -> None:
        """Take over subscriptions that were kept from an earlier run."""
        for data in subscriptions:
            found = Subscription.parse(data, "webhook")
            self._subscriptions[found.id] = found

    def subscriptions(self, provider: str = "") -> list[Subscription]:
        with self._cond:
            found = list(self._subscriptions.values())
        return [each for each in found if not provider or each.provider == provider]

    def _saved(self) -> None:
        self._save([each.state() for each in self.subscriptions()])

    # === PUBLISHING === #

    def publish(
        self, provider: str, topic: str, key: str, account: str, body: Callable[[str], Any]
    ) -> int:
        """Queue an event for everybody who wants it.

        :param body: style → payload.
        :return: how many deliveries were queued, faults not counted.
        """
        count = 0
        for subscription in self.subscriptions(provider):
            if subscription.account in (None, account):
                self._enqueue(subscription, topic, key, to_json(body(subscription.style)))
                count += 1
        return count

    def send(
        self, subscription: Subscription, topic: str, key: str, body: bytes, head: Head
    ) -> None:
        """Queue one event for an address that its room keeps by itself, with headers of its own."""
        self._enqueue(subscription, topic, key, body, head)

    def listen(self, provider: str, listener: Listener) -> None:
        """Be told after every attempt to deliver an event of this provider."""
        self._listeners[provider] = listener

    def forget(self, identifier: str) -> None:
        """Drop what still waits for a subscription that `send` was called with."""
        with self._cond:
            self._forgotten.add(identifier)

    def redeliver(self, identifier: int) -> bool:
        """Send a delivery of the log once more, as a delivery of its own."""
        with self._cond:
            old = next((each for each in self._log if each.id == identifier), None)
        if old is None:
            return False
        headers = old.headers
        self._enqueue(old.subscription, old.topic, old.key, old.body, lambda *_args: headers)
        return True

    def _enqueue(
        self,
        subscription: Subscription,
        topic: str,
        key: str,
        body: bytes,
        head: Head | None = None,
    ) -> None:
        facts = {
            "provider": subscription.provider,
            "topic": topic,
            "path": urlsplit(subscription.url).path,
            "token": subscription.token,
        }
        rules = {rule.effect: rule for rule in self._faults.for_webhook(facts, body)}
        if "wrong_json" in rules:
            body = body[: max(1, len(body) // 2)]
        if "empty" in rules:
            body = b""
        delivery = Delivery(
            next(self._serial),
            subscription,
            topic,
            key,
            body,
            time.time(),
            token=subscription.token,
        )
        delivery.faults = list(rules)
        if head is not None:
            delivery.headers = head(body, "wrong_token" in rules)
        if "wrong_token" in rules:
            delivery.token = "wrong-" + subscription.token
        with self._cond:
            self._log.append(delivery)
            if "drop" in rules:
                delivery.state = "dropped"
            elif "reorder" in rules:
                self._hold(delivery, rules["reorder"])
            else:
                self._push(self._copies(delivery, rules.get("duplicate")), rules.get("delay"))
            self._start()
        self._changed()

    def _copies(self, delivery: Delivery, rule: FaultRule | None) -> list[list[Delivery]]:
        """The delivery and its duplicates: one after the other, or all at the same instant."""
        group = [delivery]
        for _ in range((rule.params["copies"] if rule else 1) - 1):
            copy = Delivery(
                next(self._serial),
                delivery.subscription,
                delivery.topic,
                delivery.key,
                delivery.body,
                delivery.created_at,
                faults=list(delivery.faults),
                token=delivery.token,
                headers=delivery.headers,
            )
            self._log.append(copy)
            group.append(copy)
        return [group] if rule and rule.params["parallel"] else [[each] for each in group]

    def _push(self, groups: list[list[Delivery]], delay: FaultRule | None = None) -> None:
        due = time.monotonic() + (delay.params["ms"] / 1000 if delay else 0)
        for group in groups:
            heapq.heappush(self._queue, (due, next(self._order), group))
        self._cond.notify_all()

    def _hold(self, delivery: Delivery, rule: FaultRule) -> None:
        self._held.append(delivery)
        self._release_at = time.monotonic() + rule.params["hold"]
        if len(self._held) >= rule.params["window"]:
            self._release()
        self._cond.notify_all()

    def _release(self) -> None:
        held, self._held = self._held, []
        self._push([[each] for each in self._faults.shuffled(held)])

    def flush(self) -> int:
        """Let go, shuffled, what a reorder rule holds back; returns how many."""
        with self._cond:
            count = len(self._held)
            self._release()
            return count

    # === LOG === #

    def deliveries(self, limit: int = 100) -> list[Delivery]:
        """The newest deliveries, newest first."""
        with self._cond:
            return list(itertools.islice(reversed(self._log), limit))

    def clear(self) -> None:
        """Forget the log and everything that waits; subscriptions stay."""
        with self._cond:
            self._log.clear()
            self._queue.clear()
            self._held.clear()
            self._forgotten.clear()

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is waiting or on its way; False when the time is over."""
        with self._cond:
            return self._cond.wait_for(
                lambda: not (self._queue or self._held or self._busy), timeout
            )

    def wait_delivered(self, count: int, timeout: float = 10.0) -> bool:
        """Wait until the log has so many delivered ones."""

        def enough() -> bool:
            return sum(each.state == "delivered" for each in self._log) >= count

        with self._cond:
            return self._cond.wait_for(enough, timeout)

    # === WORKER === #

    def _start(self) -> None:
        if self._worker is None and not self._closed:
            self._worker = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
            self._worker.start()

    def close(self) -> None:
        """Stop the worker; what waits is not sent any more."""
        with self._cond:
            self._closed = True
            self._cond.notify_all()
        if self._worker is not None:
            self._worker.join(2)

    def _run(self) -> None:
        connections: Connections = {}
        while (group := self._next()) is not None:
            if len(group) == 1:
                self._send(group[0], connections)
            else:
                self._send_at_once(group)
            with self._cond:
                self._busy -= 1
                self._cond.notify_all()
            self._changed()
        for connection in connections.values():
            connection.close()

    def _next(self) -> list[Delivery] | None:
        with self._cond:
            while not self._closed:
                now = time.monotonic()
                if self._held and self._release_at <= now:
                    self._release()
                if self._queue and self._queue[0][0] <= now:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                times = [self._queue[0][0]] if self._queue else []
                times += [self._release_at] if self._held else []
                self._cond.wait(max(0.0, min(times) - now) if times else None)
            return None

    def _send_at_once(self, group: list[Delivery]) -> None:
        gate = threading.Barrier(len(group))

        def send(delivery: Delivery) -> None:
            gate.wait()
            self._send(delivery, {})

        threads = [threading.Thread(target=send, args=(each,), daemon=True) for each in group]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self, delivery: Delivery, connections: Connections) -> None:
        with self._cond:
            if delivery.subscription.id in self._forgotten:
                delivery.state = "dropped"
                return
        attempt: dict[str, Any] = {"at": time.time(), "status": 0, "error": None, "answer": ""}
        started = time.monotonic()
        try:
            status, answer = post(
                delivery.subscription,
                delivery.token,
                delivery.body,
                connections,
                delivery.headers,
            )
            attempt["status"] = status
            attempt["answer"] = answer[:2_000].decode("utf-8", "replace")
        except (OSError, http.client.HTTPException, ValueError) as error:
            attempt["error"] = f"{type(error).__name__}: {error}"[:300]
        attempt["duration_ms"] = round((time.monotonic() - started) * 1000, 3)
        good = 200 <= attempt["status"] < 300
        with self._cond:
            delivery.attempts.append(attempt)
            retries = delivery.subscription.retries
            if good:
                delivery.state = "delivered"
            elif len(delivery.attempts) > len(retries):
                delivery.state = "failed"
            else:
                due = time.monotonic() + retries[len(delivery.attempts) - 1]
                heapq.heappush(self._queue, (due, next(self._order), [delivery]))
        listener = self._listeners.get(delivery.subscription.provider)
        if listener is not None:
            listener(delivery, good)
