"""The suite that every provider inherits. What it asks holds for all of them alike.

::

    class TestAcme(HttpConformance):
        @pytest.fixture
        def harness(self) -> HttpHarness:
            ...

``AdapterConformance`` asks what needs no network; ``HttpConformance`` (in ``conformance_http``)
adds faults of the network and of HTTP. Neither knows a provider: differences are in the
provider's limits table and harness.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ..core.adapter import Adapter
from ..core.dates import UTC
from ..core.errors import (
    AuthError,
    InvalidError,
    SignatureError,
    ThrottledError,
)
from ..core.types import Event, ItemResult, Kind, Order, Outcome, PushItem, Submission
from .covers import covers
from .harness import (
    NASTY_BODIES,
    Harness,
    RecordingBudget,
    check_hidden,
    check_neutral,
    mutations,
    spread,
    turned,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def read_or_refused(harness: Harness, adapter: Adapter, damaged: Any) -> None:
    """A damaged order is one of the two, and nothing of its buyer shows."""
    try:
        order = adapter.order(damaged)
    except InvalidError as error:
        check_hidden(str(error), harness.personal)
    else:
        assert isinstance(order, Order)
        assert order.external_id
        check_neutral(order)


def push_all(harness: Harness, adapter: Adapter, items: list[PushItem], key: str) -> Submission:
    """Push items of one kind and wait for the end of asynchronous work."""
    lane = adapter.limits.lane(items[0].kind)
    assert lane is not None
    submission = adapter.push(lane.name, items, key)
    for _attempt in range(10):
        if submission.done:
            return submission
        assert lane.asynchronous, "only an asynchronous lane may leave work undone"
        assert submission.remote_id
        harness.finish()
        submission = adapter.poll(submission.remote_id)
    raise AssertionError("the submission was not done after ten polls")


def pull_all(adapter: Adapter) -> list[Event]:
    """Every event of the first topic."""
    pages = adapter.pull(adapter.limits.topics[0], LONG_AGO)
    return [event for page in pages for event in page.events]


def succeeded(items: list[PushItem], results: tuple[ItemResult, ...]) -> None:
    """Assert exactly one result for each item, all of them success."""
    assert sorted(result.ref for result in results) == sorted(item.ref for item in items)
    failed = [(r.ref, r.code, r.message) for r in results if r.outcome is not Outcome.SUCCESS]
    assert failed == []


class AdapterConformance:
    """What every adapter must do."""

    @pytest.fixture
    def harness(self) -> Harness:
        """The provider's harness; overridden by it."""
        raise NotImplementedError

    @pytest.fixture
    def adapter(self, harness: Harness) -> Iterator[Adapter]:
        """An open adapter with the right credentials."""
        with harness.open() as adapter:
            yield adapter

    # === LIMITS === #

    def test_the_limits_table_is_sound(self, adapter: Adapter) -> None:
        lanes = adapter.limits.lanes
        kinds = [kind for lane in lanes for kind in lane.kinds]
        assert len(set(kinds)) == len(kinds), "a kind travels in one lane"
        assert len({lane.name for lane in lanes}) == len(lanes)
        assert {lane.bucket for lane in lanes} <= set(adapter.limits.rates)
        assert all(lane.batch_size >= 1 and lane.deadline > 0 for lane in lanes)
        assert all(r.per_second > 0 and r.burst >= 1 for r in adapter.limits.rates.values())
        assert adapter.provider
        assert adapter.limits.topics

    # === CONNECTION === #

    @covers("R78", "R288", "R293")
    def test_a_good_connection_passes_the_check(self, adapter: Adapter) -> None:
        check = adapter.check()
        assert check.ok
        assert check.message

    @covers("R78", "R125")
    def test_missing_credentials_are_named_without_a_call(self, harness: Harness) -> None:
        before = harness.seen()
        with harness.open(credentials={}) as adapter:
            check = adapter.check()
            assert not check.ok
            assert check.missing != ()
            with pytest.raises(AuthError):
                pull_all(adapter)
        assert harness.seen() == before

    @covers("R78", "R130")
    def test_refused_credentials_fail_the_check_and_stop_a_push(self, harness: Harness) -> None:
        wrong = {"token": "wrong-token-123456", "secret": "wrong-secret-123456"}
        with harness.open(credentials=wrong) as adapter:
            check = adapter.check()
            assert not check.ok
            check_hidden(check.message, tuple(wrong.values()))
            kind = adapter.limits.lanes[0].kinds[0]
            with pytest.raises(AuthError) as caught:
                push_all(harness, adapter, harness.items(kind, 1), "k")
        check_hidden(f"{caught.value} {caught.value!r}", tuple(wrong.values()))

    def test_an_adapter_closes_and_may_be_closed_twice(self, harness: Harness) -> None:
        with harness.open() as adapter:
            adapter.check()
        adapter.close()
        adapter.close()

    # === OUT === #

    def test_every_kind_of_the_limits_table_can_be_pushed(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        for lane in adapter.limits.lanes:
            for kind in lane.kinds:
                items = harness.items(kind, 1)
                succeeded(items, push_all(harness, adapter, items, f"key-{kind.value}").results)

    @pytest.mark.large
    @covers("R274", "R318")
    def test_a_full_batch_gets_one_result_for_each_item(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        for lane in adapter.limits.lanes:
            items = harness.items(lane.kinds[0], lane.batch_size)
            assert len(items) == lane.batch_size
            succeeded(items, push_all(harness, adapter, items, f"full-{lane.name}").results)

    def test_a_lane_takes_its_kinds_mixed(self, harness: Harness, adapter: Adapter) -> None:
        for lane in adapter.limits.lanes:
            mixed = [item for kind in lane.kinds for item in harness.items(kind, 1)]
            succeeded(mixed, push_all(harness, adapter, mixed, f"mixed-{lane.name}").results)

    def test_a_push_of_nothing_makes_no_call(self, harness: Harness, adapter: Adapter) -> None:
        before = harness.seen()
        for lane in adapter.limits.lanes:
            assert adapter.push(lane.name, [], "empty") == Submission(())
        assert harness.seen() == before

    def test_an_unknown_lane_or_kind_is_our_bug(self, harness: Harness, adapter: Adapter) -> None:
        first = adapter.limits.lanes[0]
        foreign = next(kind for kind in Kind if kind not in first.kinds)
        item = dataclasses.replace(harness.items(first.kinds[0], 1)[0], kind=foreign)
        before = harness.seen()
        with pytest.raises(InvalidError):
            adapter.push("no such lane", [item], "k")
        with pytest.raises(InvalidError):
            adapter.push(first.name, [item], "k")
        assert harness.seen() == before

    def test_a_repeat_with_the_same_key_changes_nothing(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        for lane in adapter.limits.lanes:
            if not lane.repeatable:
                continue
            for kind in lane.kinds:
                items = harness.items(kind, 1)
                succeeded(items, push_all(harness, adapter, items, f"twice-{kind.value}").results)
                state = harness.state()
                succeeded(items, push_all(harness, adapter, items, f"twice-{kind.value}").results)
                assert harness.state() == state

    def test_what_took_effect_is_never_said_to_be_missing(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        for lane in adapter.limits.lanes:
            if lane.repeatable:
                continue
            item = harness.items(lane.kinds[0], 1)[0]
            push_all(harness, adapter, [item], f"once-{lane.name}")
            verdict = adapter.applied(item)
            assert verdict is None or verdict == ItemResult(item.ref, Outcome.SUCCESS)

    @covers("R333")
    def test_the_budget_is_asked_before_every_call(self, harness: Harness) -> None:
        budget = RecordingBudget()
        with harness.open(budget=budget) as adapter:
            adapter.check()
            kind = adapter.limits.lanes[0].kinds[0]
            push_all(harness, adapter, harness.items(kind, 2), "k")
            pull_all(adapter)
            list(adapter.listings())
            assert len(budget.taken) == harness.seen()
            assert set(budget.taken) <= set(adapter.limits.rates)
            budget.wait = 12.5
            before = harness.seen()
            with pytest.raises(ThrottledError) as caught:
                push_all(harness, adapter, harness.items(kind, 1), "k2")
            assert caught.value.retry_after == 12.5
            with pytest.raises(ThrottledError):
                pull_all(adapter)
        assert harness.seen() == before

    # === IN === #

    @covers("R131", "R267", "R275")
    def test_a_pull_returns_all_pages_each_order_once(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        placed = harness.place_orders(7)
        before = harness.seen()
        events = pull_all(adapter)
        assert harness.seen() - before >= 2, "the harness must arrange more than one page"
        assert {event.external_id for event in events} >= placed
        names = [(event.external_id, event.revision) for event in events]
        assert len(set(names)) == len(names)
        check_neutral(tuple(dataclasses.replace(event, payload=None) for event in events))

    @covers("X25")
    def test_two_pulls_give_equal_revisions(self, harness: Harness, adapter: Adapter) -> None:
        harness.place_orders(3)
        first = {event.external_id: event.revision for event in pull_all(adapter)}
        second = {event.external_id: event.revision for event in pull_all(adapter)}
        assert first == second
        assert all(first.values())

    def test_pulled_orders_are_neutral_and_storable(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        harness.place_orders(3)
        for event in pull_all(adapter):
            stored = json.loads(json.dumps(event.payload, allow_nan=False))
            order = adapter.order(stored)
            assert (order.external_id, order.revision) == (event.external_id, event.revision)
            check_neutral(order)

    def test_an_unknown_topic_is_our_bug(self, adapter: Adapter) -> None:
        with pytest.raises(InvalidError):
            list(adapter.pull("weather", LONG_AGO))

    def test_a_window_in_the_future_is_empty(self, harness: Harness, adapter: Adapter) -> None:
        harness.place_orders(2)
        future = datetime.now(UTC) + timedelta(days=3650)
        pages = adapter.pull(adapter.limits.topics[0], future)
        assert [event for page in pages for event in page.events] == []

    def test_the_sample_order_is_read_to_the_last_member(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        payload = harness.payload()
        order = adapter.order(payload)
        check_neutral(order)
        assert order.lines != ()
        assert order.currency
        assert order.buyer.external_id
        text = json.dumps(payload, ensure_ascii=False)
        assert any(one in text for one in harness.personal)
        check_hidden(repr(order), harness.personal)

    @covers("R302")
    def test_a_damaged_order_is_read_or_refused_but_never_breaks(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        for damaged in spread(mutations(harness.payload()), 300):
            read_or_refused(harness, adapter, damaged)

    @pytest.mark.large
    @covers("R302")
    def test_many_damages_of_an_order_break_nothing(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        for damaged in spread(mutations(harness.payload()), 4000):
            read_or_refused(harness, adapter, damaged)

    @covers("R184", "R194", "X48")
    def test_only_a_proven_message_is_accepted(self, harness: Harness, adapter: Adapter) -> None:
        headers, body = harness.message(harness.payload())
        adapter.verify(headers, body)
        adapter.verify({name.upper(): value for name, value in headers.items()}, body)
        with pytest.raises(SignatureError):
            adapter.verify({}, body)
        for broken in (lambda v: v[:-1], lambda v: v + "x", lambda v: "", lambda v: "ü" + v[1:]):
            wrong = {name: broken(value) for name, value in headers.items()}
            with pytest.raises(SignatureError):
                adapter.verify(wrong, body)
        if harness.signs_body:
            with pytest.raises(SignatureError):
                adapter.verify(headers, body + b" ")

    def test_nothing_is_accepted_while_no_secret_is_configured(self, harness: Harness) -> None:
        headers, body = harness.message(harness.payload())
        with harness.open(credentials={}) as adapter, pytest.raises(SignatureError):
            adapter.verify(headers, body)

    @covers("R185", "R196", "X25")
    def test_a_message_and_a_pull_of_the_same_order_agree(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        payload = harness.payload()
        order = adapter.order(payload)
        # Neither a platform nor a database promises the order of the members of an object.
        for told in (payload, turned(payload)):
            (event,) = adapter.parse(*harness.message(told))
            found = (event.topic, event.external_id, event.revision)
            assert found == ("order", order.external_id, order.revision)
            stored = json.loads(json.dumps(turned(event.payload), allow_nan=False))
            assert adapter.order(stored) == order

    @covers("X25")
    def test_an_order_that_changed_has_another_revision(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        before, after = adapter.order(harness.payload()), adapter.order(harness.changed())
        assert after.external_id == before.external_id
        assert after.revision != before.revision
        (event,) = adapter.parse(*harness.message(harness.changed()))
        assert (event.external_id, event.revision) == (after.external_id, after.revision)

    @covers("R196", "X51")
    def test_a_message_of_unknown_shape_is_refused(self, adapter: Adapter) -> None:
        for body in NASTY_BODIES:
            try:
                events = adapter.parse({}, body)
            except InvalidError:
                continue
            assert all(isinstance(event, Event) and event.external_id for event in events)
            check_neutral(tuple(dataclasses.replace(event, payload=None) for event in events))

    # === READ-BACK === #

    def test_listings_show_what_was_pushed(self, harness: Harness, adapter: Adapter) -> None:
        lane = adapter.limits.lane(Kind.PRICE)
        if lane is None:
            pytest.skip("the provider has no prices")
        item = harness.items(Kind.PRICE, 1)[0]
        push_all(harness, adapter, [item], "read-back")
        listings = list(adapter.listings())
        check_neutral(tuple(listings))
        prices = {listing.key.external_id: listing.price for listing in listings}
        assert prices[item.target.external_id] == item.state.price  # type: ignore[union-attr]
        chosen = list(adapter.listings([item.target.external_id or ""]))
        assert [listing.key.external_id for listing in chosen] == [item.target.external_id]

    def test_no_listings_are_asked_for_without_keys(
        self, harness: Harness, adapter: Adapter
    ) -> None:
        before = harness.seen()
        assert list(adapter.listings([])) == []
        assert harness.seen() == before

    # === SECRETS === #

    def test_secrets_and_buyers_never_show(self, harness: Harness, adapter: Adapter) -> None:
        harness.place_orders(2)
        pull_all(adapter)
        for lane in adapter.limits.lanes:
            for kind in lane.kinds:
                push_all(harness, adapter, harness.items(kind, 1), f"shown-{kind.value}")
        exchanges = adapter.take_exchanges()
        assert exchanges
        assert adapter.take_exchanges() == ()
        check_neutral(tuple(dataclasses.replace(one, duration=0) for one in exchanges))
        text = f"{exchanges!r} {adapter!r} {adapter.transport!r} {adapter.connection!r}"
        check_hidden(text, harness.secrets + harness.personal)
