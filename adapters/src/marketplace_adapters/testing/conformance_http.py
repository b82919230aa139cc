"""The second half of the suite that every provider on HTTP inherits: faults on a real socket."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from ..core.adapter import Adapter
from ..core.errors import (
    ERRORS,
    AdapterError,
    AuthError,
    InvalidError,
    ServerError,
    ThrottledError,
    TransportError,
)
from ..core.types import Outcome, Submission
from .conformance import AdapterConformance, pull_all, push_all, succeeded
from .covers import covers
from .harness import Harness, HttpHarness, RecordingBudget, check_hidden
from .server import Reply, ScriptedServer

STATUSES: dict[int, type[AdapterError] | None] = {
    301: InvalidError,
    302: InvalidError,
    307: InvalidError,
    308: InvalidError,
    400: None,
    401: AuthError,
    402: None,
    403: None,
    404: None,
    405: None,
    406: None,
    408: TransportError,
    409: None,
    410: None,
    412: None,
    413: None,
    415: None,
    418: None,
    422: None,
    423: None,
    429: ThrottledError,
    431: None,
    451: None,
    500: ServerError,
    501: ServerError,
    502: ServerError,
    503: ServerError,
    504: ServerError,
    511: ServerError,
    599: ServerError,
}
"""The error that a status must become; ``None``: any of the closed set, as the provider says."""

NO_ANSWERS = (
    Reply(fault="reset"),
    Reply(fault="hang"),
    Reply(fault="truncate"),
    Reply(fault="no_http"),
    Reply(200, b"<html><h1>Maintenance</h1></html>", {"Content-Type": "text/html"}),
    Reply(200, b'{"data": [', {"Content-Type": "application/json"}),
    Reply(200, b"\xff\xfe\x00\x01"),
    Reply(200, b"[" * 5000),
)


class HttpConformance(AdapterConformance):
    """What every adapter on HTTP must do besides."""

    @pytest.fixture
    def harness(self) -> HttpHarness:
        """The provider's harness; overridden by it."""
        raise NotImplementedError

    @staticmethod
    def _push_one(harness: Harness, adapter: Adapter) -> Submission:
        kind = adapter.limits.lanes[0].kinds[0]
        return adapter.push(adapter.limits.lanes[0].name, harness.items(kind, 1), "fault")

    def _verbs(self, harness: HttpHarness, adapter: Adapter) -> tuple[Callable[[], Any], ...]:
        return (lambda: pull_all(adapter), lambda: self._push_one(harness, adapter))

    @covers("R130")
    def test_every_status_becomes_an_error_of_the_closed_set(
        self, harness: HttpHarness, adapter: Adapter
    ) -> None:
        for status, expected in STATUSES.items():
            for body in ({"error": "no", "details": "text"}, b"plain text", b"<html>x</html>", b""):
                harness.front.next(Reply(status, body))
                with pytest.raises(ERRORS) as caught:
                    pull_all(adapter)
                assert type(caught.value) in ERRORS
                assert expected in (None, type(caught.value)), status
                assert str(status) in caught.value.message

    @covers("R130", "R302")
    def test_a_refused_push_is_an_error_or_a_result_for_its_item(
        self, harness: HttpHarness, adapter: Adapter
    ) -> None:
        for status, expected in STATUSES.items():
            harness.front.forget()
            harness.front.next(*[Reply(status, {"error": "no"})] * 10)
            try:
                submission = self._push_one(harness, adapter)
            except ERRORS as error:
                assert expected in (None, type(error)), status
            else:
                assert expected is None, status
                outcomes = [result.outcome for result in submission.results]
                assert outcomes == [Outcome.ERROR]
                assert all(result.code and result.message for result in submission.results)

    @covers("R130")
    def test_no_usable_answer_is_a_transport_error(
        self, harness: HttpHarness, adapter: Adapter
    ) -> None:
        with harness.hurried() as hurried:
            for reply in NO_ANSWERS:
                for verb in self._verbs(harness, hurried if reply.fault == "hang" else adapter):
                    harness.front.next(reply)
                    with pytest.raises(TransportError):
                        verb()

    def test_a_lost_answer_may_be_repeated(self, harness: HttpHarness, adapter: Adapter) -> None:
        kind = adapter.limits.lanes[0].kinds[0]
        items = harness.items(kind, 1)
        harness.front.next(Reply(fault="reset", after=True))
        with pytest.raises(TransportError):
            push_all(harness, adapter, items, "lost")
        succeeded(items, push_all(harness, adapter, items, "lost").results)

    def test_a_host_that_is_not_there_is_a_transport_error(self, harness: HttpHarness) -> None:
        with ScriptedServer() as gone:
            address = gone.base_url
        with harness.open() as adapter:
            moved = dataclasses.replace(adapter.connection, base_url=address)
            with type(adapter)(moved) as lost, pytest.raises(TransportError):
                pull_all(lost)

    def test_json_of_an_unknown_shape_breaks_nothing(
        self, harness: HttpHarness, adapter: Adapter
    ) -> None:
        for body in (b"1", b'"text"', b"true", b'{"a": 1}', b"[1]", b"[null]", b'[{"x": {}}]'):
            for verb in self._verbs(harness, adapter):
                harness.front.forget()
                harness.front.next(Reply(200, body))
                try:
                    verb()
                except ERRORS as error:
                    assert type(error) in ERRORS

    @covers("X42")
    def test_a_429_says_how_long_to_wait_and_teaches_the_budget(self, harness: HttpHarness) -> None:
        budget = RecordingBudget()
        with harness.open(budget=budget) as adapter:
            for header, low, high in (
                ({"Retry-After": "7"}, 7.0, 7.0),
                ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 1.0, 1.0),
                ({"Retry-After": "soon"}, 1.0, 3600.0),
                ({}, 1.0, 3600.0),
            ):
                for verb in self._verbs(harness, adapter):
                    budget.learned.clear()
                    harness.front.next(Reply(429, {"error": "slow down"}, header))
                    with pytest.raises(ThrottledError) as caught:
                        verb()
                    assert low <= caught.value.retry_after <= high
                    learned = [one["retry_after"] for one in budget.learned]
                    assert learned == [caught.value.retry_after]

    @covers("R332")
    def test_nothing_is_sent_to_another_host(self, harness: HttpHarness, adapter: Adapter) -> None:
        with ScriptedServer() as other:
            for status in (301, 302, 303, 307, 308):
                for verb in self._verbs(harness, adapter):
                    harness.front.next(Reply(status, headers={"Location": f"{other.base_url}/x"}))
                    with pytest.raises(InvalidError):
                        verb()
            before = harness.seen()
            for url in (f"{other.base_url}/x", "https://other.test/", "http://[::1", "ftp://x/"):
                with pytest.raises(InvalidError):
                    adapter.transport.request("GET", url)
            assert other.calls == []
            assert harness.seen() == before

    def test_an_echoing_platform_gives_no_secret_away(
        self, harness: HttpHarness, adapter: Adapter
    ) -> None:
        for status in (400, 401, 403, 404, 409, 422, 429, 500):
            for verb in self._verbs(harness, adapter):
                harness.front.forget()
                said = " ".join(harness.secrets)
                harness.front.next(*[Reply(status, {"error": said, "headers": said}, {})] * 10)
                try:
                    shown = repr(verb())
                except ERRORS as error:
                    shown = f"{error} {error!r} {error.__cause__!r} {error.code}"
                shown += repr(adapter.take_exchanges())
                check_hidden(shown, harness.secrets)
        harness.front.forget()

    def test_a_failed_call_is_kept_for_the_log(
        self, harness: HttpHarness, adapter: Adapter
    ) -> None:
        adapter.take_exchanges()
        harness.front.next(Reply(503, {"error": "down"}), Reply(fault="reset"))
        for status in (503, None):
            with pytest.raises(AdapterError):
                pull_all(adapter)
            (exchange,) = adapter.take_exchanges()
            assert (exchange.status, exchange.method) == (status, harness.front.calls[-1].method)
            assert exchange.duration >= 0

    @covers("R112")
    def test_secrets_travel_in_headers_only(self, harness: HttpHarness, adapter: Adapter) -> None:
        adapter.check()
        pull_all(adapter)
        for lane in adapter.limits.lanes:
            push_all(harness, adapter, harness.items(lane.kinds[0], 1), f"plain-{lane.name}")
        for call in harness.front.calls:
            check_hidden(call.target + call.body.decode(), harness.secrets)
